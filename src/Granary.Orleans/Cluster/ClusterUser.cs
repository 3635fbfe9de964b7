using Granary.Orleans.Grains;

namespace Granary.Orleans.Cluster;

/// <summary>A handle on a user of the cluster.</summary>
internal sealed class ClusterUser(IUserGrain grain, UserKey key) : IUserMemory
{
    public UserKey Key => key;

    public Task<SessionPage> ListSessionsAsync(SessionQuery query, CancellationToken cancellationToken = default) =>
        ClusterCalls.GuardAsync(() => grain.ListSessionsAsync(query, cancellationToken), cancellationToken);

    public Task<RememberResult> RememberAsync(RememberRequest request, CancellationToken cancellationToken = default) =>
        ClusterCalls.GuardAsync(() => grain.RememberAsync(request, cancellationToken), cancellationToken);

    public Task<RecallResult> RecallAsync(RecallRequest request, CancellationToken cancellationToken = default) =>
        ClusterCalls.GuardAsync(() => grain.RecallAsync(request, cancellationToken), cancellationToken);

    public Task<MemoryRecord> GetMemoryAsync(string id, CancellationToken cancellationToken = default) =>
        ClusterCalls.GuardAsync(() => grain.GetMemoryAsync(id, cancellationToken), cancellationToken);

    public Task<MemoryPage> ListMemoriesAsync(MemoryQuery query, CancellationToken cancellationToken = default) =>
        ClusterCalls.GuardAsync(() => grain.ListMemoriesAsync(query, cancellationToken), cancellationToken);

    public Task<MemoryRecord> UpdateMemoryAsync(string id, MemoryPatch patch, CancellationToken cancellationToken = default) =>
        ClusterCalls.GuardAsync(() => grain.UpdateMemoryAsync(id, patch, cancellationToken), cancellationToken);

    public Task DeleteMemoryAsync(string id, string? reason = null, bool purge = false, CancellationToken cancellationToken = default) =>
        ClusterCalls.GuardAsync(() => grain.DeleteMemoryAsync(id, reason, purge, cancellationToken), cancellationToken);

    public Task<MemoryRecord> RestoreMemoryAsync(string id, string? reason = null, CancellationToken cancellationToken = default) =>
        ClusterCalls.GuardAsync(() => grain.RestoreMemoryAsync(id, reason, cancellationToken), cancellationToken);

    public Task<MemoryHistory> GetHistoryAsync(string id, CancellationToken cancellationToken = default) =>
        ClusterCalls.GuardAsync(() => grain.GetHistoryAsync(id, cancellationToken), cancellationToken);

    public Task<ForgetResult> ForgetAsync(ForgetRequest request, CancellationToken cancellationToken = default) =>
        ClusterCalls.GuardAsync(() => grain.ForgetAsync(request, cancellationToken), cancellationToken);

    public Task<UserStats> GetStatsAsync(CancellationToken cancellationToken = default) =>
        ClusterCalls.GuardAsync(() => grain.GetStatsAsync(cancellationToken), cancellationToken);

    public Task<UserErasure> EraseAsync(CancellationToken cancellationToken = default) =>
        ClusterCalls.GuardAsync(() => grain.EraseAsync(cancellationToken), cancellationToken);

    public Task<UserErasure> GetErasureAsync(CancellationToken cancellationToken = default) =>
        ClusterCalls.GuardAsync(() => grain.GetErasureAsync(cancellationToken), cancellationToken);
}
