using Granary.Core.Maintenance;
using Granary.Core.Storage;

namespace Granary.Llm.Batch.Jobs;

/// <summary>Hands batches that are due to this process's runner, and erases those whose time is over.</summary>
internal sealed class BatchMaintenance(IPartitionStore store, BatchRunner runner, TimeProvider time) : IPartitionMaintenance
{
    /// <inheritdoc />
    public string Kind => BatchPartitions.Kind;

    /// <inheritdoc />
    public async Task MaintainAsync(string partition, CancellationToken cancellationToken)
    {
        var (head, version) = await BatchLease.ReadAsync(store, partition, cancellationToken).ConfigureAwait(false);
        if (head is null)
        {
            return;
        }

        // One whose lines stopped coming in is due an hour after the last of them; one that is over, when its retention is.
        if (head.Receiving || head.IsOver)
        {
            if (head.DueAt <= time.GetUtcNow())
            {
                if (await store.DeleteAsync(partition, version, cancellationToken).ConfigureAwait(false))
                {
                    await new BatchIndex(store, time).RemoveAsync(head, cancellationToken).ConfigureAwait(false);
                }
            }

            return;
        }

        runner.Offer(partition, head.Priority);
    }
}
