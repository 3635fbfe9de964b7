using Granary.Core.Storage;

namespace Granary.Core.Users.Erasure;

/// <summary>What a session that is to be made must know of its user.</summary>
/// <param name="Erasing">The user is being erased.</param>
/// <param name="Erased">The user was erased, and was not begun anew.</param>
/// <param name="Life">Which life of the user the session would belong to; null for the first.</param>
internal readonly record struct OwnerState(bool Erasing, bool Erased, string? Life)
{
    private static readonly string[] Ids = [ErasureDocumentIds.Mark, ErasureDocumentIds.Life];

    /// <summary>Looks at the user's partition without waking the user.</summary>
    /// <exception cref="StorageException">The store failed.</exception>
    public static async ValueTask<OwnerState> ReadAsync(IPartitionStore store, UserKey user, CancellationToken cancellationToken)
    {
        var page = await store.GetAsync(PartitionNames.Of(user), Ids, cancellationToken).ConfigureAwait(false);
        if (page.Erased)
        {
            var receipt = await ErasureReceipts.ReadAsync(store, user, cancellationToken).ConfigureAwait(false);
            return new OwnerState(Erasing: false, Erased: true, receipt?.ErasureId);
        }

        var (erasing, life) = (false, (string?)null);
        foreach (var document in page.Documents)
        {
            if (document.Id == ErasureDocumentIds.Mark)
            {
                erasing = true;
            }
            else
            {
                life = LifeDocument.Decode(document.Body.Span).After;
            }
        }

        return new OwnerState(erasing, Erased: false, life);
    }
}
