namespace Granary.Core.Users.Erasure;

/// <summary>
/// Erases a marked user: the sessions one after the other, what others keep, then the user. Each step can be repeated, also by two at the same time;
/// what breaks off is gone on with by maintenance, for the user is due until it is gone.
/// </summary>
internal static class UserErasureJob
{
    /// <summary>Runs to the end.</summary>
    /// <param name="targets">Reaches the actors.</param>
    /// <param name="erasers">Who else keeps something of users.</param>
    /// <param name="user">The user.</param>
    /// <param name="cancellationToken">Breaks off between two steps.</param>
    /// <returns>Whether the user was being erased.</returns>
    public static async Task<bool> RunAsync(IErasureTargets targets, IReadOnlyList<IUserDataEraser> erasers, UserKey user, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> tried = [];
        for (var found = false; ; found = true)
        {
            if (await targets.NextErasureAsync(user, tried, cancellationToken).ConfigureAwait(false) is not { } work)
            {
                return found;
            }

            tried = work.Sessions;
            foreach (var session in tried)
            {
                cancellationToken.ThrowIfCancellationRequested();
                await targets.EraseSessionAsync(new SessionKey(user.Tenant, user.User, session), work.Life, cancellationToken).ConfigureAwait(false);
            }

            if (tried.Count == 0
                && await targets.FinishErasureAsync(user, work.ErasureId, await EraseOthersAsync(erasers, user, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false))
            {
                return true;
            }
        }
    }

    private static async Task<Dictionary<string, int>> EraseOthersAsync(IReadOnlyList<IUserDataEraser> erasers, UserKey user, CancellationToken cancellationToken)
    {
        var erased = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var eraser in erasers)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var count = await eraser.EraseAsync(user, cancellationToken).ConfigureAwait(false);
            if (count > 0)
            {
                erased[eraser.Kind] = erased.GetValueOrDefault(eraser.Kind) + count;
            }
        }

        return erased;
    }
}
