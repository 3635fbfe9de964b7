using Granary.Core.Users;

namespace Granary.Embedded;

/// <summary>A handle on a user of this process.</summary>
internal sealed class EmbeddedUser(EmbeddedCluster host, UserKey key) : IUserMemory
{
    public UserKey Key => key;

    public Task<SessionPage> ListSessionsAsync(SessionQuery query, CancellationToken cancellationToken = default) =>
        host.ListAsync(key, query, cancellationToken);

    public Task<RememberResult> RememberAsync(RememberRequest request, CancellationToken cancellationToken = default) =>
        CallAsync((request, cancellationToken), static (actor, s) => actor.RememberAsync(s.request, s.cancellationToken));

    public Task<RecallResult> RecallAsync(RecallRequest request, CancellationToken cancellationToken = default) =>
        CallAsync((request, cancellationToken), static (actor, s) => actor.RecallAsync(s.request, s.cancellationToken));

    public Task<MemoryRecord> GetMemoryAsync(string id, CancellationToken cancellationToken = default) =>
        CallAsync((id, cancellationToken), static (actor, s) => actor.GetMemoryAsync(s.id, s.cancellationToken));

    public Task<MemoryPage> ListMemoriesAsync(MemoryQuery query, CancellationToken cancellationToken = default) =>
        CallAsync((query, cancellationToken), static (actor, s) => actor.ListMemoriesAsync(s.query, s.cancellationToken));

    public Task<MemoryRecord> UpdateMemoryAsync(string id, MemoryPatch patch, CancellationToken cancellationToken = default) =>
        CallAsync((id, patch, cancellationToken), static (actor, s) => actor.UpdateMemoryAsync(s.id, s.patch, s.cancellationToken));

    public Task DeleteMemoryAsync(string id, string? reason = null, bool purge = false, CancellationToken cancellationToken = default) =>
        CallAsync((id, reason, purge, cancellationToken), static async (actor, s) =>
        {
            await actor.DeleteMemoryAsync(s.id, s.reason, s.purge, s.cancellationToken).ConfigureAwait(false);
            return true;
        });

    public Task<EditResult> EditMemoriesAsync(EditRequest request, CancellationToken cancellationToken = default) =>
        CallAsync((request, cancellationToken), static (actor, s) => actor.EditMemoriesAsync(s.request, s.cancellationToken));

    public Task<MemoryRecord> RestoreMemoryAsync(string id, string? reason = null, CancellationToken cancellationToken = default) =>
        CallAsync((id, reason, cancellationToken), static (actor, s) => actor.RestoreMemoryAsync(s.id, s.reason, s.cancellationToken));

    public Task<MemoryHistory> GetHistoryAsync(string id, CancellationToken cancellationToken = default) =>
        CallAsync((id, cancellationToken), static (actor, s) => actor.GetHistoryAsync(s.id, s.cancellationToken));

    public Task<ForgetResult> ForgetAsync(ForgetRequest request, CancellationToken cancellationToken = default) =>
        CallAsync((request, cancellationToken), static (actor, s) => actor.ForgetAsync(s.request, s.cancellationToken));

    public Task<SynthesisResult> SynthesizeAsync(SynthesisRequest request, CancellationToken cancellationToken = default) =>
        CallAsync((request, cancellationToken), static (actor, s) => actor.SynthesizeAsync(s.request, s.cancellationToken));

    public Task<UserStats> GetStatsAsync(CancellationToken cancellationToken = default) =>
        CallAsync(cancellationToken, static (actor, token) => actor.GetStatsAsync(token));

    public Task<UserErasure> EraseAsync(CancellationToken cancellationToken = default) =>
        host.EraseAsync(key, cancellationToken);

    public Task<UserErasure> GetErasureAsync(CancellationToken cancellationToken = default) =>
        CallAsync(cancellationToken, static (actor, token) => actor.GetErasureAsync(token));

    private Task<T> CallAsync<TState, T>(TState state, Func<UserActor, TState, Task<T>> call) =>
        host.UserAsync(key, (state, call), static (actor, s) => new ValueTask<T>(s.call(actor, s.state)));
}
