namespace Granary;

/// <summary>
/// One session: its messages, its context, its compaction. A handle that costs nothing; the session wakes on the first call.
/// </summary>
/// <remarks>
/// All calls may throw <see cref="UnavailableException"/> when the store or the host cannot answer now. Reads of a session that does not
/// exist throw <see cref="NotFoundException"/> and create nothing; an erased one throws <see cref="ErasedException"/>.
/// </remarks>
public interface ISessionMemory
{
    /// <summary>The session's key.</summary>
    SessionKey Key { get; }

    /// <summary>Creates the session, or restores it if it is active.</summary>
    /// <exception cref="ConflictException">It is completed, or exists while <see cref="StartSessionOptions.Restore"/> is false.</exception>
    Task<StartSessionResult> StartAsync(StartSessionOptions options, CancellationToken cancellationToken = default);

    /// <summary>Appends messages, all or none, and answers when they are durable. Creates the session if it does not exist.</summary>
    /// <exception cref="InvalidRequestException">A message breaks a rule.</exception>
    /// <exception cref="TooLargeException">A message or the append is too large.</exception>
    /// <exception cref="ConflictException">
    /// The session is completed, the key came before with other content, or <see cref="AppendRequest.Supersedes"/> is not the answer of the last turn.
    /// </exception>
    /// <exception cref="PreconditionFailedException"><see cref="AppendRequest.IfMatch"/> does not hold.</exception>
    /// <exception cref="AccessDeniedException">The resource is read-only.</exception>
    ValueTask<AppendResult> AppendAsync(AppendRequest request, CancellationToken cancellationToken = default);

    /// <summary>What a model should see of the session now.</summary>
    ValueTask<SessionContext> GetContextAsync(ContextOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>A range of the history, folded or not.</summary>
    /// <param name="from">The first sequence, 1 or more.</param>
    /// <param name="limit">How many at the most, 1 to <see cref="MessageLimits.MaxPage"/>.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    Task<MessagePage> GetMessagesAsync(long from, int limit, CancellationToken cancellationToken = default);

    /// <summary>The session's state.</summary>
    ValueTask<SessionInfo> GetInfoAsync(CancellationToken cancellationToken = default);

    /// <summary>The session as it was seen in an epoch.</summary>
    /// <param name="epoch">The epoch, from 1.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="NotFoundException">There is no such epoch.</exception>
    Task<EpochView> GetEpochAsync(int epoch, CancellationToken cancellationToken = default);

    /// <summary>Compacts the session now.</summary>
    Task<CompactResult> CompactAsync(CompactOptions options, CancellationToken cancellationToken = default);

    /// <summary>Begins an empty epoch: nothing that came before is in the context any more. The history stays.</summary>
    /// <param name="confirm">Must be true.</param>
    /// <param name="ifMatch">The ETag that the session must have, or null for any.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="InvalidRequestException"><paramref name="confirm"/> is false.</exception>
    Task<ClearResult> ClearAsync(bool confirm, string? ifMatch = null, CancellationToken cancellationToken = default);

    /// <summary>Reflects on what was said and not reflected on yet, now and with the model, however little it is.</summary>
    /// <remarks>Waits some seconds at the most; what takes longer goes on by itself.</remarks>
    Task<ReflectResult> ReflectAsync(CancellationToken cancellationToken = default);

    /// <summary>Ends the session: it is summarized and takes no more messages. Ending an ended session changes nothing.</summary>
    Task<EndResult> EndAsync(CancellationToken cancellationToken = default);

    /// <summary>Erases the session for good, also from its user's list. Erasing an erased session changes nothing.</summary>
    /// <param name="ifMatch">The ETag that the session must have, or null for any.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    Task DeleteAsync(string? ifMatch = null, CancellationToken cancellationToken = default);

    /// <summary>Answers as soon as the session differs from what the caller has seen, or after <paramref name="timeout"/>.</summary>
    /// <param name="seen">What the caller has seen.</param>
    /// <param name="timeout">How long to wait at the most.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    Task<SessionChange> WaitForChangeAsync(SessionChange seen, TimeSpan timeout, CancellationToken cancellationToken = default);

    /// <summary>A page of the session's export.</summary>
    /// <param name="cursor">Null for the first page, then <see cref="SessionExportPage.Next"/> of the one before.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    Task<SessionExportPage> ExportAsync(string? cursor, CancellationToken cancellationToken = default);

    /// <summary>Takes a part of an export into this session, which must not exist. It stays invisible until the last part.</summary>
    /// <exception cref="ConflictException">The session exists, or another import of it is under way.</exception>
    /// <exception cref="InvalidRequestException">
    /// A record breaks a rule or does not follow the one before; the field begins with its place in the chunk, as in <c>records[3].type</c>.
    /// </exception>
    Task ImportAsync(SessionImportChunk chunk, CancellationToken cancellationToken = default);
}
