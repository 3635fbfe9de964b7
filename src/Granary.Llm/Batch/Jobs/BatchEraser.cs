using Granary.Core.Storage;
using Granary.Core.Users.Erasure;
using Granary.Llm.Batch.Providers;

namespace Granary.Llm.Batch.Jobs;

/// <summary>
/// Erases an erased user's batches, whatever they are at. Who works on one loses its lease with the next commit. What a batch has or left with its
/// provider is noted beside it without any text, and removed by maintenance.
/// </summary>
/// <param name="store">The store.</param>
/// <param name="services">What batches need; asked for late, since the memory itself may be among it.</param>
internal sealed class BatchEraser(IPartitionStore store, Func<BatchServices> services) : IUserDataEraser
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

            if (!head.IsOver)
            {
                await NoteRemainsAsync(partition, head, cancellationToken).ConfigureAwait(false);
            }

            if (await store.DeleteAsync(partition, version, cancellationToken).ConfigureAwait(false))
            {
                return true;
            }
        }
    }

    private async Task NoteRemainsAsync(string partition, BatchHead head, CancellationToken cancellationToken)
    {
        var all = services();
        if (head.Provider is null || all.Providers.Find(head.Provider) is not { } provider)
        {
            return;
        }

        var parts = new List<BatchPart>();
        await foreach (var document in store.ReadAllAsync(partition, DocumentRange.Prefix(BatchPartitions.PartPrefix), cancellationToken).ConfigureAwait(false))
        {
            var part = BatchPartitions.Read(document, BatchJson.Default.BatchPart);
            parts.Add(part is { State: PartState.Submitted, ProviderBatch: { } id }
                ? part with { Remains = [.. part.Remains, .. provider.RemainsOf(new ProviderBatch(id, ProviderBatchState.Running, "") { InputFile = part.ProviderFile })] }
                : part);
        }

        await new BatchTidying(all).NoteAsync(head, parts, cancellationToken).ConfigureAwait(false);
    }
}
