namespace Granary.Core.Tests.Storage.Paged.Histories;

/// <summary>What happened in one history or in many.</summary>
internal sealed class HistoryCounts
{
    public int Histories, Violating, Acked, Unknown, Conflicts, Reads, Erasures, Recreations, Purges, Crashes, Interleaved, Flushes, Pages, Removed, Writes;

    public void Add(HistoryCounts other)
    {
        Histories += other.Histories;
        Violating += other.Violating;
        Acked += other.Acked;
        Unknown += other.Unknown;
        Conflicts += other.Conflicts;
        Reads += other.Reads;
        Erasures += other.Erasures;
        Recreations += other.Recreations;
        Purges += other.Purges;
        Crashes += other.Crashes;
        Interleaved += other.Interleaved;
        Flushes += other.Flushes;
        Pages += other.Pages;
        Removed += other.Removed;
        Writes += other.Writes;
    }

    public override string ToString() =>
        $"histories={Histories} violating={Violating}; acked commits={Acked}, unknown outcomes={Unknown}, conflicts={Conflicts}, checked reads={Reads}, "
        + $"erasures={Erasures}, recreations={Recreations}, purges={Purges}, crashes={Crashes}, interleaved calls={Interleaved}, merges and spills={Flushes}, "
        + $"pages written={Pages}, pages removed={Removed}, physical writes={Writes}";
}
