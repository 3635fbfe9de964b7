using Granary.Core.Storage;
using Granary.Llm.Batch.Providers;
using Granary.Llm.Providers;

namespace Granary.Llm.Batch.Jobs;

/// <summary>
/// Deletes what batches leave with providers: what was asked and answered lies there too. A round's when its answers are stored; what could not be deleted
/// then is noted in a partition of its own, which outlives the batch, and tried again until it is done.
/// </summary>
internal sealed class BatchTidying(BatchServices services)
{
    private static readonly TimeSpan Pause = TimeSpan.FromHours(1);

    /// <summary>After this nothing is tried any more: providers forget by themselves, or nobody has the key any more.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromDays(30);

    /// <summary>Deletes as much as can be deleted now.</summary>
    /// <returns>What is left.</returns>
    public static async Task<IReadOnlyList<string>> TryDeleteAsync(IBatchProvider provider, IReadOnlyList<string> remains, CancellationToken cancellationToken)
    {
        var left = new List<string>();
        foreach (var one in remains)
        {
            try
            {
                await provider.DeleteAsync(one, cancellationToken).ConfigureAwait(false);
            }
            catch (ProviderException)
            {
                left.Add(one);
            }
        }

        return left;
    }

    /// <summary>Notes what a batch leaves, before it is over. Noting it twice changes nothing.</summary>
    /// <exception cref="StorageException">The store failed.</exception>
    public async Task NoteAsync(BatchHead head, IReadOnlyList<BatchPart> parts, CancellationToken cancellationToken)
    {
        string[] remains = [.. parts.SelectMany(part => part.Remains)];
        if (remains.Length == 0)
        {
            return;
        }

        var partition = BatchPartitions.RemainsOf(head.Tenant, head.User, head.Id);
        var page = await services.Store.GetAsync(partition, [BatchPartitions.Head], cancellationToken).ConfigureAwait(false);
        var now = services.Time.GetUtcNow();
        await WriteAsync(partition, page.Version, new BatchRemains(head.Provider!, remains, now + Patience), now + Pause, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Tries again what is noted in a partition.</summary>
    /// <exception cref="StorageException">The store failed.</exception>
    public async Task RunAsync(string partition, CancellationToken cancellationToken)
    {
        var page = await services.Store.GetAsync(partition, [BatchPartitions.Head], cancellationToken).ConfigureAwait(false);
        if (page.Documents.Count == 0)
        {
            return;
        }

        var noted = BatchPartitions.Read(page.Documents[0], BatchJson.Default.BatchRemains);
        var left = services.Providers.Find(noted.Provider) is { } provider
            ? await TryDeleteAsync(provider, noted.Remains, cancellationToken).ConfigureAwait(false)
            : noted.Remains;
        var now = services.Time.GetUtcNow();
        if (left.Count == 0 || now >= noted.Until)
        {
            await services.Store.DeleteAsync(partition, page.Version, cancellationToken).ConfigureAwait(false);
            return;
        }

        await WriteAsync(partition, page.Version, noted with { Remains = left }, now + Pause, cancellationToken).ConfigureAwait(false);
    }

    // After a conflict another process has done the same.
    private async Task WriteAsync(string partition, PartitionVersion version, BatchRemains remains, DateTimeOffset due, CancellationToken cancellationToken) =>
        await services.Store.CommitAsync(
            new PartitionCommit
            {
                Partition = partition,
                Expected = version,
                Writes = [DocumentWrite.Put(BatchPartitions.Head, BatchPartitions.Bytes(remains, BatchJson.Default.BatchRemains))],
                DueAt = due,
                Recreate = true,
            },
            cancellationToken).ConfigureAwait(false);
}
