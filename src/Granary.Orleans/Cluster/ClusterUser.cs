using Granary.Orleans.Grains;

namespace Granary.Orleans.Cluster;

/// <summary>A handle on a user of the cluster.</summary>
internal sealed class ClusterUser(IUserGrain grain, UserKey key) : IUserMemory
{
    public UserKey Key => key;

    public Task<SessionPage> ListSessionsAsync(SessionQuery query, CancellationToken cancellationToken = default) =>
        ClusterCalls.GuardAsync(() => grain.ListSessionsAsync(query, cancellationToken), cancellationToken);
}
