namespace Granary.Faults.Cluster;

/// <summary>Order statistics.</summary>
internal static class Quantiles
{
    /// <summary>The value below which a share of all is; null if there are none.</summary>
    /// <param name="sorted">The values in ascending order.</param>
    /// <param name="share">From 0 to 1.</param>
    public static double? At(IReadOnlyList<double> sorted, double share) =>
        sorted.Count == 0 ? null : sorted[Math.Min(sorted.Count - 1, (int)(share * sorted.Count))];
}
