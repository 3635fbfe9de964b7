namespace Granary;

/// <summary>
/// Keeps and recalls short memories of users: Granary's own memory, a table of PostgreSQL, another service, or several of them in a chain. Safe to use
/// from many threads.
/// </summary>
/// <remarks>
/// A user is always named with the tenant; no provider may ever answer from, change or count what belongs to another. Calls throw
/// <see cref="UnavailableException"/> where the provider cannot be reached, answers too late or fails (may be tried again, or elsewhere), and other
/// <see cref="MemoryException"/>s where the call itself is at fault (not to be tried again).
/// </remarks>
public interface IMemoryProvider
{
    /// <summary>The provider's own name, unique in a process.</summary>
    string Name { get; }

    /// <summary>What it is: native, postgres, http, mock or chain.</summary>
    string Type { get; }

    /// <summary>Keeps a memory; durable when answered, as far as the provider itself is. The same id with the same content can be repeated.</summary>
    /// <exception cref="InvalidRequestException">The draft breaks a rule, or says something that this provider cannot keep.</exception>
    /// <exception cref="ConflictException">Its id is taken by another content.</exception>
    Task<ProviderMemory> RememberAsync(UserKey user, ProviderDraft draft, CancellationToken cancellationToken = default);

    /// <summary>Finds what fits, the best first.</summary>
    /// <exception cref="InvalidRequestException">The query breaks a rule, or has a filter that this provider cannot apply: none is ever ignored.</exception>
    Task<IReadOnlyList<ProviderMemory>> RecallAsync(UserKey user, ProviderQuery query, CancellationToken cancellationToken = default);

    /// <summary>A memory.</summary>
    /// <exception cref="NotFoundException">There is none of that id.</exception>
    Task<ProviderMemory> GetAsync(UserKey user, string id, CancellationToken cancellationToken = default);

    /// <summary>Deletes a memory.</summary>
    /// <returns>Whether it was there.</returns>
    Task<bool> DeleteAsync(UserKey user, string id, CancellationToken cancellationToken = default);

    /// <summary>A user's memories, the youngest first.</summary>
    /// <param name="user">The user.</param>
    /// <param name="limit">How many at the most, 1 to <see cref="MemoryLimits.MaxPage"/>.</param>
    /// <param name="offset">How many to pass over first, 0 or more.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    Task<ProviderPage> ListAsync(UserKey user, int limit = 100, int offset = 0, CancellationToken cancellationToken = default);

    /// <summary>Deletes all that it keeps of a user.</summary>
    /// <returns>How many memories were deleted, as far as the provider says.</returns>
    Task<int> EraseAsync(UserKey user, CancellationToken cancellationToken = default);

    /// <summary>Whether it works now. Throws nothing but the caller's cancellation.</summary>
    /// <param name="user">Whose memories to count; null for none.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    Task<ProviderHealth> CheckHealthAsync(UserKey? user = null, CancellationToken cancellationToken = default);
}
