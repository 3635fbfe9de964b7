using Granary.Core.Actors;
using Granary.Core.Storage;

namespace Granary.Core.Users.Erasure;

/// <summary>The receipts of erased users: a partition each beside the user's, which is gone.</summary>
internal static class ErasureReceipts
{
    /// <summary>What stands before the first slash of the partitions' ids.</summary>
    public const string Kind = "receipt";

    /// <summary>How long a receipt is kept: a day longer than the tombstone of the user, whose next life is named by it.</summary>
    public static readonly TimeSpan Lifetime = StorageLimits.TombstoneLifetime + TimeSpan.FromDays(1);

    public static string PartitionOf(UserKey user) => $"{Kind}/{user.Tenant}/{user.User}";

    /// <summary>The user of a receipt.</summary>
    public static UserKey UserOf(string partition)
    {
        var parts = partition.Split('/');
        return new UserKey(parts[1], parts[2]);
    }

    /// <summary>The newest receipt of a user, or null.</summary>
    /// <exception cref="StorageException">The store failed.</exception>
    public static async ValueTask<UserErasure?> ReadAsync(IPartitionStore store, UserKey user, CancellationToken cancellationToken)
    {
        var page = await store.GetAsync(PartitionOf(user), [ErasureDocumentIds.Receipt], cancellationToken).ConfigureAwait(false);
        return page.Documents.Count == 0 ? null : ReceiptDocument.Decode(page.Documents[0].Body.Span).Erasure;
    }

    /// <summary>Writes a receipt in place of an earlier one.</summary>
    /// <exception cref="StorageException">The store failed.</exception>
    /// <exception cref="ActivationLostException">Somebody else writes one.</exception>
    public static async ValueTask WriteAsync(IPartitionStore store, UserKey user, UserErasure erasure, CancellationToken cancellationToken)
    {
        var partition = PartitionOf(user);
        var page = await store.GetAsync(partition, [ErasureDocumentIds.Receipt], cancellationToken).ConfigureAwait(false);
        var commit = new PartitionCommit
        {
            Partition = partition,
            Expected = page.Version,
            Writes = [DocumentWrite.Put(ErasureDocumentIds.Receipt, new ReceiptDocument { Erasure = erasure }.Encode())],
            DueAt = erasure.CompletedAt + Lifetime,
            Recreate = true,
        };
        if ((await store.CommitAsync(commit, cancellationToken).ConfigureAwait(false)).Status != CommitStatus.Committed)
        {
            throw new ActivationLostException("Another activation writes the receipt.");
        }
    }
}
