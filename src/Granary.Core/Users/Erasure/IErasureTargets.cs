namespace Granary.Core.Users.Erasure;

/// <summary>How the erasure of a user reaches the actors; the host gives it.</summary>
internal interface IErasureTargets
{
    /// <summary>What is left to do, or null if the user is not being erased.</summary>
    /// <param name="user">The user.</param>
    /// <param name="tried">Sessions of the answer before: one of them that is still in the list though it is gone is taken out.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    Task<ErasureWork?> NextErasureAsync(UserKey user, IReadOnlyList<string> tried, CancellationToken cancellationToken);

    /// <summary>Erases a session that belongs to a life of its user.</summary>
    Task EraseSessionAsync(SessionKey session, string? life, CancellationToken cancellationToken);

    /// <summary>Writes the receipt and erases what is left of the user.</summary>
    /// <param name="user">The user.</param>
    /// <param name="erasureId">The erasure; another one is left alone.</param>
    /// <param name="others">What others erased of the user, by kind.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>False if there are sessions again: begun before the user was marked, and heard of since.</returns>
    Task<bool> FinishErasureAsync(UserKey user, string erasureId, IReadOnlyDictionary<string, int> others, CancellationToken cancellationToken);
}
