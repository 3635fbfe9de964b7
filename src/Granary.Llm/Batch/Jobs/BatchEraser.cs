using Granary.Core.Storage;
using Granary.Core.Users.Erasure;

namespace Granary.Llm.Batch.Jobs;

/// <summary>
/// Erases an erased user's batches, whatever they are at. Who works on one loses its lease with the next commit. What a batch left with its provider is
/// noted beside it without any text, and removed as if the batch had been erased alone.
/// </summary>
internal sealed class BatchEraser(IPartitionStore store) : IUserDataEraser
{
    /// <inheritdoc />
    public string Kind => "batches";

    /// <inheritdoc />
    public async Task<int> EraseAsync(UserKey user, CancellationToken cancellationToken)
    {
        var erased = 0;
        var list = BatchIndex.Of(user.Tenant, user.User);
        while (true)
        {
            var page = await store.ReadAsync(list, DocumentRange.Prefix(BatchIndex.Prefix), cancellationToken).ConfigureAwait(false);
            if (page.Version == PartitionVersion.None)
            {
                return erased;
            }

            foreach (var entry in page.Documents)
            {
                erased += await EraseBatchAsync(BatchPartitions.Of(user.Tenant, user.User, BatchIndex.IdOf(entry.Id)), cancellationToken).ConfigureAwait(false) ? 1 : 0;
            }

            // The list goes last: until then it says what there is. One that has changed meanwhile is read again.
            if (page.Next is null)
            {
                await store.DeleteAsync(list, page.Version, cancellationToken).ConfigureAwait(false);
                continue;
            }

            var done = page.Documents.Take(StorageLimits.MaxDocumentsPerCommit).Select(entry => DocumentWrite.Delete(entry.Id)).ToList();
            await store.CommitAsync(new PartitionCommit { Partition = list, Expected = page.Version, Writes = done }, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <returns>Whether there was one.</returns>
    private async Task<bool> EraseBatchAsync(string partition, CancellationToken cancellationToken)
    {
        while (true)
        {
            var (head, version) = await BatchLease.ReadAsync(store, partition, cancellationToken).ConfigureAwait(false);
            if (head is null)
            {
                return false;
            }

            if (await store.DeleteAsync(partition, version, cancellationToken).ConfigureAwait(false))
            {
                return true;
            }
        }
    }
}
