using Granary.Core.Sessions;
using Granary.Orleans.Grains;
using Orleans;

namespace Granary.Orleans.Cluster;

/// <summary>The memory of a cluster, as a silo or a client of it sees it: every session and every user is a grain.</summary>
internal abstract class ClusterMemory(IGrainFactory grains, TimeProvider time, CancellationToken stopping) : IMemoryCluster
{
    /// <summary>How many handles of sessions are kept: enough for those in use, and no more than a megabyte.</summary>
    private const int KeptSessions = 4_096;

    private readonly ClusterSession?[] _sessions = new ClusterSession?[KeptSessions];

    /// <summary>The clock of sessions and users.</summary>
    public TimeProvider Time => time;

    /// <summary>Cancelled when this process begins to stop.</summary>
    public CancellationToken Stopping => stopping;

    protected IGrainFactory Grains => grains;

    /// <remarks>Finding the grain costs more than calling it, so a handle that fell into its slot last is given again. It holds nothing of the session.</remarks>
    public ISessionMemory Session(SessionKey key)
    {
        ref var slot = ref _sessions[(uint)key.GetHashCode() % KeptSessions];
        if (Volatile.Read(ref slot) is { } known && known.Key == key)
        {
            return known;
        }

        var made = new ClusterSession(ClusterCalls.Grain<ISessionGrain>(grains, GrainKeys.Of(key.Validated())), key, this);
        Volatile.Write(ref slot, made);
        return made;
    }

    public IUserMemory User(UserKey key) => new ClusterUser(ClusterCalls.Grain<IUserGrain>(grains, GrainKeys.Of(key.Validated())), key, grains);

    public abstract IResourceCatalog Resources(string tenant);

    public Task<StartSessionResult> StartSessionAsync(UserKey user, StartSessionOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        user.Validated();
        return SessionStarter.StartAsync(
            Resources(user.Tenant), (key, start, token) => Session(key).StartAsync(start, token), user, options, time, cancellationToken);
    }

    public abstract ValueTask<ActivationStats> GetStatsAsync(CancellationToken cancellationToken = default);

    public abstract ValueTask<MemoryHealth> GetHealthAsync(CancellationToken cancellationToken = default);
}
