using Granary.Core.Users.Records;

namespace Granary.Core.Users;

/// <summary>What becomes of memory records as time goes by.</summary>
public sealed class MemoryLifecycleOptions
{
    /// <summary>The most days that any of the times may be set to: 100 years.</summary>
    public const int MaxDays = 36_500;

    /// <summary>Days after which a record that was neither used nor changed is archived, unless it is pinned or has a time to end; null (the default) for never.</summary>
    public int? ArchiveInactiveDays { get; set; }

    /// <summary>Days after which an archived record, or one whose time is over, is removed for good, unless it is pinned. 365 by default.</summary>
    public int PurgeArchivedDays { get; set; } = 365;

    /// <summary>Days after which a deleted record is removed for good. <see cref="MemoryLimits.RestoreDays"/> by default, and not less.</summary>
    public int PurgeDeletedDays { get; set; } = MemoryLimits.RestoreDays;

    /// <summary>Checks the settings.</summary>
    /// <exception cref="InvalidOperationException">One is out of its range; the message names it.</exception>
    public void Validate()
    {
        Check(ArchiveInactiveDays ?? 1, 1, nameof(ArchiveInactiveDays), " Leave it out to archive nothing.");
        Check(PurgeArchivedDays, 1, nameof(PurgeArchivedDays), string.Empty);
        Check(PurgeDeletedDays, MemoryLimits.RestoreDays, nameof(PurgeDeletedDays), " Callers may restore a deleted memory for 30 days.");
    }

    internal long? DueOf(RecordDocument document)
    {
        var record = document.Record;
        return DueOf(
            record.State,
            record.Pinned,
            record.ExpiresAt?.UtcTicks ?? 0,
            (record.DeletedAt ?? record.ArchivedAt)?.UtcTicks ?? 0,
            Math.Max(record.UpdatedAt.UtcTicks, record.LastAccessed?.UtcTicks ?? 0));
    }

    internal long? DueOf(in RecordRow row) => DueOf((MemoryState)row.Told, row.Pinned, row.Expires, row.Ended, row.LastActivity);

    private long? DueOf(MemoryState told, bool pinned, long expires, long ended, long lastActivity) => told switch
    {
        MemoryState.Deleted => After(ended, PurgeDeletedDays),
        MemoryState.Archived => pinned ? null : After(ended, PurgeArchivedDays),
        MemoryState.Expired => pinned ? null : After(expires, PurgeArchivedDays),
        _ when expires > 0 => expires,
        _ => pinned || ArchiveInactiveDays is null ? null : After(lastActivity, ArchiveInactiveDays.Value),
    };

    private static long After(long time, int days) => time + (days * TimeSpan.TicksPerDay);

    private static void Check(int days, int least, string name, string help)
    {
        if (days < least || days > MaxDays)
        {
            throw new InvalidOperationException($"{nameof(MemoryLifecycleOptions)}.{name} must be {least} to {MaxDays} days, not {days}.{help}");
        }
    }
}
