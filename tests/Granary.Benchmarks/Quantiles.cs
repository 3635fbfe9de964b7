namespace Granary.Benchmarks;

/// <summary>Order statistics of a few repetitions.</summary>
internal static class Quantiles
{
    public static double Median(IEnumerable<double> values) => At([.. values.Order()], 0.5);

    public static double At(double[] sorted, double share) => sorted[Math.Min(sorted.Length - 1, (int)(share * sorted.Length))];
}
