using Granary.Core.Maintenance;
using Granary.Core.Storage;

namespace Granary.Llm.Audit;

/// <summary>Erases the audit's days when their time is over.</summary>
internal sealed class AuditRetention(IPartitionStore store, AuditOptions options, TimeProvider time) : IPartitionMaintenance
{
    /// <inheritdoc />
    public string Kind => AuditPartitions.Kind;

    /// <inheritdoc />
    public async Task MaintainAsync(string partition, CancellationToken cancellationToken)
    {
        if (!AuditPartitions.TryParseDay(partition, out var day))
        {
            throw new ArgumentException($"'{partition}' is no day of the audit.", nameof(partition));
        }

        var page = await store.GetAsync(partition, [AuditPartitions.TenantTotals], cancellationToken).ConfigureAwait(false);
        if (page.Version == PartitionVersion.None)
        {
            return;
        }

        var dueAt = AuditPartitions.DueAt(day, options.RetentionDays);
        if (dueAt <= time.GetUtcNow())
        {
            // A record that came meanwhile makes this one fail; the next wake-up does it.
            await store.DeleteAsync(partition, page.Version, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            // The setting was raised since the day was written.
            await store.CommitAsync(new PartitionCommit { Partition = partition, Expected = page.Version, Writes = [], DueAt = dueAt }, cancellationToken)
                .ConfigureAwait(false);
        }
    }
}
