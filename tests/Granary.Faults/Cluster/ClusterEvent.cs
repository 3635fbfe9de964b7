namespace Granary.Faults.Cluster;

/// <summary>Something that was done to a silo. Times are ticks of the stopwatch.</summary>
/// <param name="kind">What.</param>
/// <param name="silo">The number of the silo.</param>
/// <param name="at">When.</param>
internal sealed class ClusterEvent(Scenario kind, int silo, long at)
{
    public Scenario Kind => kind;

    public int Silo => silo;

    public long At => at;

    /// <summary>When the silo was ready again; the greatest number if it was not.</summary>
    public long ReadyAt { get; set; } = long.MaxValue;

    /// <summary>What there is to say about it.</summary>
    public string Note { get; set; } = "";
}
