using Granary.Core.Storage;
using Granary.Orleans.Grains;
using Orleans;

namespace Granary.Orleans.Cluster;

/// <summary>A handle on a user of the cluster.</summary>
internal sealed class ClusterUser(IUserGrain grain, UserKey key, IGrainFactory grains) : IUserMemory
{
    /// <summary>How long who asks for an erasure waits for its end; it goes on by itself.</summary>
    private static readonly TimeSpan ErasurePatience = TimeSpan.FromSeconds(5);

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

    public Task<EditResult> EditMemoriesAsync(EditRequest request, CancellationToken cancellationToken = default) =>
        ClusterCalls.GuardAsync(() => grain.EditMemoriesAsync(request, cancellationToken), cancellationToken);

    public Task<MemoryRecord> RestoreMemoryAsync(string id, string? reason = null, CancellationToken cancellationToken = default) =>
        ClusterCalls.GuardAsync(() => grain.RestoreMemoryAsync(id, reason, cancellationToken), cancellationToken);

    public Task<MemoryHistory> GetHistoryAsync(string id, CancellationToken cancellationToken = default) =>
        ClusterCalls.GuardAsync(() => grain.GetHistoryAsync(id, cancellationToken), cancellationToken);

    public Task<ForgetResult> ForgetAsync(ForgetRequest request, CancellationToken cancellationToken = default) =>
        ClusterCalls.GuardAsync(() => grain.ForgetAsync(request, cancellationToken), cancellationToken);

    public Task<SynthesisResult> SynthesizeAsync(SynthesisRequest request, CancellationToken cancellationToken = default) =>
        ClusterCalls.GuardAsync(() => grain.SynthesizeAsync(request, cancellationToken), cancellationToken);

    public Task<UserStats> GetStatsAsync(CancellationToken cancellationToken = default) =>
        ClusterCalls.GuardAsync(() => grain.GetStatsAsync(cancellationToken), cancellationToken);

    public async Task<UserErasure> EraseAsync(CancellationToken cancellationToken = default)
    {
        var marked = await ClusterCalls.GuardAsync(() => grain.EraseAsync(cancellationToken), cancellationToken).ConfigureAwait(false);
        if (marked.Status == UserErasureStatus.Completed)
        {
            return marked;
        }

        try
        {
            // The shard that would go on with it anyway, now.
            var shard = grains.GetGrain<IMaintenanceGrain>(PartitionShard.Of(PartitionNames.Of(key)));
            await ClusterCalls.GuardAsync(
                () => shard.EraseAsync(GrainKeys.Of(key), cancellationToken).WaitAsync(ErasurePatience, cancellationToken), cancellationToken).ConfigureAwait(false);
            return await GetErasureAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (UnavailableException)
        {
            // The mark is durable: maintenance goes on.
            return marked;
        }
    }

    public Task<UserErasure> GetErasureAsync(CancellationToken cancellationToken = default) =>
        ClusterCalls.GuardAsync(() => grain.GetErasureAsync(cancellationToken), cancellationToken);
}
