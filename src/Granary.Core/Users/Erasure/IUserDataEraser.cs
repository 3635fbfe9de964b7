namespace Granary.Core.Users.Erasure;

/// <summary>
/// Erases what another part of the service keeps of a user, beside sessions and memories. Register any number as services; the hosts call them when a
/// user is erased, after the last session is gone and before the receipt is written. They must not need the memory itself.
/// </summary>
public interface IUserDataEraser
{
    /// <summary>What it erases, in the receipt: a plural such as <c>batches</c>.</summary>
    string Kind { get; }

    /// <summary>
    /// Erases all of it. Called again after a failure, by two processes at a time also, and for users of whom there is nothing.
    /// </summary>
    /// <param name="user">The user.</param>
    /// <param name="cancellationToken">Ends the work; what is left is erased with the next call.</param>
    /// <returns>How many were erased by this call.</returns>
    Task<int> EraseAsync(UserKey user, CancellationToken cancellationToken);
}
