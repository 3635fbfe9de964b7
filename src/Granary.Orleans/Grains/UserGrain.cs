using Granary.Core.Sessions;
using Granary.Core.Storage;
using Granary.Core.Users;
using Granary.Orleans.Cluster;
using Orleans;
using Orleans.Concurrency;
using Orleans.Runtime;

namespace Granary.Orleans.Grains;

/// <summary>A user of the cluster.</summary>
[GrainType("user")]
[Reentrant]
internal sealed class UserGrain(IGrainContext context, SiloServices silo)
    : ActorGrain<UserActor>(context, silo.Activations.Users, silo.Options.MaxCallsPerUser), IUserGrain
{
    public Task<bool> DeliverAsync(string session, string incarnation, long number, byte[] notice) =>
        CallAsync(new SessionDelivery(session, incarnation, number, SessionNotice.Decode(notice)), static (actor, delivery) => actor.ApplyAsync(delivery));

    public Task<SessionPage> ListSessionsAsync(SessionQuery query, CancellationToken cancellationToken) =>
        CallAsync((query, cancellationToken, silo.Store), static (actor, s) =>
            SessionPeek.RefreshAsync(s.Store, actor.Key, actor.List(s.query), s.cancellationToken).AsTask());

    public Task<RememberResult> RememberAsync(RememberRequest request, CancellationToken cancellationToken) =>
        CallAsync((request, cancellationToken), static (actor, s) => actor.RememberAsync(s.request, s.cancellationToken));

    public Task<RecallResult> RecallAsync(RecallRequest request, CancellationToken cancellationToken) =>
        CallAsync((request, cancellationToken), static (actor, s) => actor.RecallAsync(s.request, s.cancellationToken));

    public Task<MemoryRecord> GetMemoryAsync(string id, CancellationToken cancellationToken) =>
        CallAsync((id, cancellationToken), static (actor, s) => actor.GetMemoryAsync(s.id, s.cancellationToken));

    public Task<MemoryPage> ListMemoriesAsync(MemoryQuery query, CancellationToken cancellationToken) =>
        CallAsync((query, cancellationToken), static (actor, s) => actor.ListMemoriesAsync(s.query, s.cancellationToken));

    public Task<MemoryRecord> UpdateMemoryAsync(string id, MemoryPatch patch, CancellationToken cancellationToken) =>
        CallAsync((id, patch, cancellationToken), static (actor, s) => actor.UpdateMemoryAsync(s.id, s.patch, s.cancellationToken));

    public Task DeleteMemoryAsync(string id, string? reason, bool purge, CancellationToken cancellationToken) =>
        CallAsync((id, reason, purge, cancellationToken), static (actor, s) => actor.DeleteMemoryAsync(s.id, s.reason, s.purge, s.cancellationToken));

    public Task<EditResult> EditMemoriesAsync(EditRequest request, CancellationToken cancellationToken) =>
        CallAsync((request, cancellationToken), static (actor, s) => actor.EditMemoriesAsync(s.request, s.cancellationToken));

    public Task<MemoryRecord> RestoreMemoryAsync(string id, string? reason, CancellationToken cancellationToken) =>
        CallAsync((id, reason, cancellationToken), static (actor, s) => actor.RestoreMemoryAsync(s.id, s.reason, s.cancellationToken));

    public Task<MemoryHistory> GetHistoryAsync(string id, CancellationToken cancellationToken) =>
        CallAsync((id, cancellationToken), static (actor, s) => actor.GetHistoryAsync(s.id, s.cancellationToken));

    public Task<ForgetResult> ForgetAsync(ForgetRequest request, CancellationToken cancellationToken) =>
        CallAsync((request, cancellationToken), static (actor, s) => actor.ForgetAsync(s.request, s.cancellationToken));

    public Task<SynthesisResult> SynthesizeAsync(SynthesisRequest request, CancellationToken cancellationToken) =>
        CallAsync((request, cancellationToken), static (actor, s) => actor.SynthesizeAsync(s.request, s.cancellationToken));

    public Task<UserStats> GetStatsAsync(CancellationToken cancellationToken) =>
        CallAsync(cancellationToken, static (actor, token) => actor.GetStatsAsync(token));

    public Task<UserErasure> EraseAsync(CancellationToken cancellationToken) =>
        CallAsync(cancellationToken, static (actor, token) => actor.EraseAsync(token));

    public Task<UserErasure> GetErasureAsync(CancellationToken cancellationToken) =>
        CallAsync(cancellationToken, static (actor, token) => actor.GetErasureAsync(token));

    public async Task<string?[]> NextErasureAsync(string[] tried, CancellationToken cancellationToken) =>
        await CallAsync((tried, cancellationToken), static (actor, s) => actor.NextErasureAsync(s.tried, s.cancellationToken)) is { } work
            ? [work.ErasureId, work.Life, .. work.Sessions]
            : [];

    public Task<bool> FinishErasureAsync(string erasureId, Dictionary<string, int> others, CancellationToken cancellationToken) =>
        CallAsync((erasureId, others, cancellationToken), static (actor, s) => actor.FinishErasureAsync(s.erasureId, s.others, s.cancellationToken));

    public Task MaintainAsync(CancellationToken cancellationToken) => CallAsync(cancellationToken, static (actor, token) => actor.MaintainAsync(token));

    protected override ValueTask<UserActor> LoadAsync() => UserActor.LoadAsync(GrainKeys.User(Key), silo.Users, CancellationToken.None);

    protected override bool IsBusy(UserActor actor) => actor.IsBusy;

    protected override bool IsWorthKeeping(UserActor actor) => true;
}
