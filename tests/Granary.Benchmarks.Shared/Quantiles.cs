using System.Globalization;

namespace Granary.Benchmarks.Shared;

/// <summary>Order statistics of a few repetitions.</summary>
internal static class Quantiles
{
    public static double Median(IEnumerable<double> values) => At([.. values.Order()], 0.5);

    /// <summary>The first and the third quartile, for a table.</summary>
    public static string Quartiles(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return string.Create(CultureInfo.InvariantCulture, $"{At(sorted, 0.25):0.00} to {At(sorted, 0.75):0.00}");
    }

    public static double At(double[] sorted, double share) => sorted[Math.Min(sorted.Length - 1, (int)(share * sorted.Length))];
}
