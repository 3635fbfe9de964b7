using Granary.Core.Maintenance;
using Granary.Core.Storage;

namespace Granary.Core.Users.Erasure;

/// <summary>Forgets receipts whose time is over.</summary>
internal sealed class ReceiptMaintenance(IPartitionStore store, TimeProvider time) : IPartitionMaintenance
{
    private static readonly TimeSpan Later = TimeSpan.FromDays(1);

    /// <inheritdoc />
    public string Kind => ErasureReceipts.Kind;

    /// <inheritdoc />
    public async Task MaintainAsync(string partition, CancellationToken cancellationToken)
    {
        var page = await store.GetAsync(partition, [ErasureDocumentIds.Receipt], cancellationToken).ConfigureAwait(false);
        if (page.Documents.Count == 0)
        {
            return;
        }

        var now = time.GetUtcNow();
        var over = ReceiptDocument.Decode(page.Documents[0].Body.Span).Erasure.CompletedAt + ErasureReceipts.Lifetime;
        var user = await store.GetAsync(PartitionNames.Of(ErasureReceipts.UserOf(partition)), [ErasureDocumentIds.Life], cancellationToken).ConfigureAwait(false);
        if (over <= now && !user.Erased)
        {
            await store.DeleteAsync(partition, page.Version, cancellationToken).ConfigureAwait(false);
            return;
        }

        // As long as the tombstone stands, however late it is forgotten, the receipt names the life that may follow.
        await store.CommitAsync(
            new PartitionCommit { Partition = partition, Expected = page.Version, Writes = [], DueAt = over > now ? over : now + Later }, cancellationToken).ConfigureAwait(false);
    }
}
