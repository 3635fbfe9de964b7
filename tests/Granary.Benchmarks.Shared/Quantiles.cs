using System.Globalization;

namespace Granary.Benchmarks.Shared;

/// <summary>Order statistics of a few repetitions.</summary>
internal static class Quantiles
{
    public static double Median(IEnumerable<double> values) => At([.. values.Order()], 0.5);

    /// <summary>The least and the greatest, for a table.</summary>
    public static string Range(IReadOnlyCollection<double> values) => string.Create(CultureInfo.InvariantCulture, $"{values.Min():0.00} to {values.Max():0.00}");

    public static double At(double[] sorted, double share) => sorted[Math.Min(sorted.Length - 1, (int)(share * sorted.Length))];
}
