namespace Granary;

/// <summary>The memory: every session, every user, every resource, by key. The same whether one process or a cluster is behind it.</summary>
public interface IMemoryCluster
{
    /// <summary>A handle on a session.</summary>
    /// <exception cref="InvalidRequestException">An id of the key breaks the grammar.</exception>
    ISessionMemory Session(SessionKey key);

    /// <summary>A handle on a user.</summary>
    /// <exception cref="InvalidRequestException">An id of the key breaks the grammar.</exception>
    IUserMemory User(UserKey key);

    /// <summary>The memory resources of a tenant.</summary>
    /// <exception cref="InvalidRequestException">The id breaks the grammar.</exception>
    IResourceCatalog Resources(string tenant);

    /// <summary>
    /// Starts or restores a session of a user: picks the id where none is given, and lets a new session follow a completed one.
    /// </summary>
    /// <exception cref="ConflictException">See <see cref="StartSessionOptions.Restore"/>.</exception>
    Task<StartSessionResult> StartSessionAsync(UserKey user, StartSessionOptions options, CancellationToken cancellationToken = default);

    /// <summary>Figures of the activations of this process.</summary>
    ValueTask<ActivationStats> GetStatsAsync(CancellationToken cancellationToken = default);

    /// <summary>Whether the memory can answer, found out by asking its store.</summary>
    ValueTask<MemoryHealth> GetHealthAsync(CancellationToken cancellationToken = default);
}
