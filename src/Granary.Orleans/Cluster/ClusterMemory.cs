using Granary.Core.Sessions;
using Granary.Orleans.Grains;
using Orleans;

namespace Granary.Orleans.Cluster;

/// <summary>The memory of a cluster, as a silo or a client of it sees it: every session and every user is a grain.</summary>
internal abstract class ClusterMemory(IGrainFactory grains, TimeProvider time, CancellationToken stopping) : IMemoryCluster
{
    /// <summary>The clock of sessions and users.</summary>
    public TimeProvider Time => time;

    /// <summary>Cancelled when this process begins to stop.</summary>
    public CancellationToken Stopping => stopping;

    protected IGrainFactory Grains => grains;

    public ISessionMemory Session(SessionKey key) =>
        new ClusterSession(ClusterCalls.Grain<ISessionGrain>(grains, GrainKeys.Of(key.Validated())), key, this);

    public IUserMemory User(UserKey key) => new ClusterUser(ClusterCalls.Grain<IUserGrain>(grains, GrainKeys.Of(key.Validated())), key);

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
