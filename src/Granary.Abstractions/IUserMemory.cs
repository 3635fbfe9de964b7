namespace Granary;

/// <summary>One user: the list of the user's sessions, and what is known about the user. A user nobody has heard of has empty lists.</summary>
/// <remarks>
/// All calls may throw <see cref="UnavailableException"/> when the store or the host cannot answer now, and <see cref="ErasedException"/> while the
/// user is being erased. Every change is durable before it is answered.
/// </remarks>
public interface IUserMemory
{
    /// <summary>The user's key.</summary>
    UserKey Key { get; }

    /// <summary>The user's sessions, the youngest first.</summary>
    /// <exception cref="InvalidRequestException">The query breaks a rule.</exception>
    Task<SessionPage> ListSessionsAsync(SessionQuery query, CancellationToken cancellationToken = default);

    /// <summary>Keeps memories, all or none. One that says exactly what an active one of the same kind and agent says is not kept twice.</summary>
    /// <exception cref="InvalidRequestException">A memory breaks a rule; the field begins with its place, as in <c>memories[3].content</c>.</exception>
    /// <exception cref="TooLargeException">A memory, or all together, are too large.</exception>
    /// <exception cref="ConflictException">A memory's id is taken by another text.</exception>
    Task<RememberResult> RememberAsync(RememberRequest request, CancellationToken cancellationToken = default);

    /// <summary>Finds what fits among the user's memories and the messages of all the user's sessions, also those stored a moment ago.</summary>
    /// <exception cref="InvalidRequestException">The request breaks a rule.</exception>
    Task<RecallResult> RecallAsync(RecallRequest request, CancellationToken cancellationToken = default);

    /// <summary>A memory, also one that is expired, archived or deleted.</summary>
    /// <exception cref="NotFoundException">There is none of that id.</exception>
    Task<MemoryRecord> GetMemoryAsync(string id, CancellationToken cancellationToken = default);

    /// <summary>The user's memories, the youngest first.</summary>
    /// <exception cref="InvalidRequestException">The query breaks a rule.</exception>
    Task<MemoryPage> ListMemoriesAsync(MemoryQuery query, CancellationToken cancellationToken = default);

    /// <summary>Changes a memory.</summary>
    /// <exception cref="InvalidRequestException">The change breaks a rule.</exception>
    /// <exception cref="NotFoundException">There is none of that id, or it is deleted.</exception>
    /// <exception cref="ConflictException">Another active memory says what this one would say.</exception>
    /// <exception cref="PreconditionFailedException"><see cref="MemoryPatch.IfRevision"/> does not hold.</exception>
    Task<MemoryRecord> UpdateMemoryAsync(string id, MemoryPatch patch, CancellationToken cancellationToken = default);

    /// <summary>Deletes a memory; it can be restored for <see cref="MemoryLimits.RestoreDays"/> days. Deleting a deleted one changes nothing.</summary>
    /// <param name="id">The memory.</param>
    /// <param name="reason">Why, for the history.</param>
    /// <param name="purge">Whether nothing of it, nor of its history, is to stay: it cannot be restored.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="NotFoundException">There is none of that id.</exception>
    Task DeleteMemoryAsync(string id, string? reason = null, bool purge = false, CancellationToken cancellationToken = default);

    /// <summary>Changes and deletes memories, all or none.</summary>
    /// <exception cref="InvalidRequestException">An edit breaks a rule; the field begins with its place, as in <c>edits[3].patch.content</c>.</exception>
    /// <exception cref="TooLargeException">They are too many, or too large together.</exception>
    /// <exception cref="NotFoundException">There is none of an id, or one that is to be changed is deleted.</exception>
    /// <exception cref="ConflictException">Another active memory says what one would say.</exception>
    /// <exception cref="PreconditionFailedException">A revision is another than it must be.</exception>
    Task<EditResult> EditMemoriesAsync(EditRequest request, CancellationToken cancellationToken = default);

    /// <summary>Makes a deleted, archived or expired memory active again (an expired one without a time to end).</summary>
    /// <exception cref="NotFoundException">There is none of that id.</exception>
    /// <exception cref="ConflictException">Another active memory says the same.</exception>
    Task<MemoryRecord> RestoreMemoryAsync(string id, string? reason = null, CancellationToken cancellationToken = default);

    /// <summary>All that happened to a memory, oldest first.</summary>
    /// <exception cref="NotFoundException">There is none of that id.</exception>
    Task<MemoryHistory> GetHistoryAsync(string id, CancellationToken cancellationToken = default);

    /// <summary>Forgets memories by a policy.</summary>
    /// <exception cref="InvalidRequestException">The request breaks a rule, or says no policy.</exception>
    Task<ForgetResult> ForgetAsync(ForgetRequest request, CancellationToken cancellationToken = default);

    /// <summary>
    /// Puts together what is known: for each category of three or more insights what they have in common, and the profile, each in place of the one
    /// before. What a caller wrote or pinned in their place stays. A model may take its time; nobody else waits for it.
    /// </summary>
    /// <exception cref="InvalidRequestException">The request breaks a rule.</exception>
    Task<SynthesisResult> SynthesizeAsync(SynthesisRequest request, CancellationToken cancellationToken = default);

    /// <summary>The user's memory in figures.</summary>
    Task<UserStats> GetStatsAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// Erases the user for good: all sessions, all memories. The user is marked before this returns; the rest goes on by itself, also after a crash.
    /// Asking again while it runs answers the same erasure.
    /// </summary>
    Task<UserErasure> EraseAsync(CancellationToken cancellationToken = default);

    /// <summary>The user's newest erasure, also when it is over (for 30 days).</summary>
    /// <exception cref="NotFoundException">There was none.</exception>
    Task<UserErasure> GetErasureAsync(CancellationToken cancellationToken = default);
}
