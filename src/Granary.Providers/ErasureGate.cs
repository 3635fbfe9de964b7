using Granary.Core.Storage;
using Granary.Core.Users.Erasure;

namespace Granary.Providers;

/// <summary>Keeps calls of memory providers away from users that are being erased; Granary's own memory does so by itself.</summary>
internal sealed class ErasureGate(IPartitionStore store)
{
    /// <exception cref="ErasedException">The user is being erased.</exception>
    /// <exception cref="UnavailableException">The store failed.</exception>
    public async Task PassAsync(UserKey user, CancellationToken cancellationToken)
    {
        var page = await StoreCalls.GuardAsync(
            () => store.GetAsync(PartitionNames.Of(user.Validated()), [ErasureDocumentIds.Mark], cancellationToken).AsTask()).ConfigureAwait(false);
        if (page.Documents.Count > 0)
        {
            throw new ErasedException($"The user '{user.User}' is being erased.");
        }
    }
}
