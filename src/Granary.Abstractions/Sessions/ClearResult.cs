namespace Granary;

/// <summary>What clearing a session did.</summary>
/// <param name="Success">True.</param>
/// <param name="SessionId">The session.</param>
/// <param name="MessagesCleared">Messages that were in the context, not counting folded ones.</param>
/// <param name="Epoch">The new epoch.</param>
/// <param name="BackupCreated">True: the history and the earlier epochs stay readable; only deleting the session erases them.</param>
public sealed record ClearResult(bool Success, string SessionId, long MessagesCleared, int Epoch, bool BackupCreated);
