using Granary.Core.Actors;
using Granary.Core.Sessions;
using Granary.Orleans.Cluster;
using Orleans;
using Orleans.Concurrency;
using Orleans.Runtime;

namespace Granary.Orleans.Grains;

/// <summary>A session of the cluster.</summary>
[GrainType("session")]
[Reentrant]
internal sealed class SessionGrain(IGrainContext context, SiloServices silo)
    : ActorGrain<SessionActor>(context, silo.Activations.Sessions, silo.Options.MaxCallsPerSession), ISessionGrain
{
    public Task<StartSessionResult> StartAsync(StartSessionOptions options, CancellationToken cancellationToken) =>
        CallAsync((options, cancellationToken), static (actor, s) => actor.StartAsync(s.options, s.cancellationToken));

    public ValueTask<AppendResult> AppendAsync(AppendRequest request) =>
        CallAsync(request, static (actor, r) => actor.AppendAsync(r, CancellationToken.None));

    public ValueTask<SessionContext> GetContextAsync(ContextOptions options) =>
        ReadAsync(options, static (actor, o) => actor.GetContext(o));

    public Task<MessagePage> GetMessagesAsync(long from, int limit, CancellationToken cancellationToken) =>
        CallAsync((from, limit, cancellationToken), static (actor, s) => actor.GetMessagesAsync(s.from, s.limit, s.cancellationToken));

    public ValueTask<SessionInfo> GetInfoAsync() =>
        ReadAsync(0, static (actor, _) => actor.GetInfo());

    public Task<EpochView> GetEpochAsync(int epoch, CancellationToken cancellationToken) =>
        CallAsync((epoch, cancellationToken), static (actor, s) => actor.GetEpochAsync(s.epoch, s.cancellationToken));

    public Task<CompactResult> CompactAsync(CompactOptions options, CancellationToken cancellationToken) =>
        UntilLeavingAsync(options, static (actor, o, token) => actor.CompactAsync(o, token), cancellationToken);

    public Task<ClearResult> ClearAsync(bool confirm, string? ifMatch) =>
        CallAsync((confirm, ifMatch), static (actor, s) => actor.ClearAsync(s.confirm, s.ifMatch));

    public Task<ReflectResult> ReflectAsync(CancellationToken cancellationToken) =>
        UntilLeavingAsync(0, static (actor, _, token) => actor.ReflectAsync(token), cancellationToken);

    public Task<EndResult> EndAsync(CancellationToken cancellationToken) =>
        UntilLeavingAsync(0, static (actor, _, token) => actor.EndAsync(token), cancellationToken);

    public Task DeleteAsync(string? ifMatch, CancellationToken cancellationToken) =>
        CallAsync((ifMatch, cancellationToken), static (actor, s) => actor.DeleteAsync(s.ifMatch, s.cancellationToken));

    public async Task<SessionChange> WaitForChangeAsync(SessionChange seen, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (IsStale)
        {
            return seen;
        }

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, silo.Leaving);
        patience.CancelAfter(SlowCalls.LongestWatch);
        try
        {
            return await WatchAsync(
                (seen, timeout, patience.Token),
                static (actor, s) => actor.WaitForChangeAsync(s.seen, s.timeout, s.Token));
        }
        catch (Exception exception) when (exception is OperationCanceledException or ActivationLostException && !cancellationToken.IsCancellationRequested)
        {
            // Not to be repeated here: a waiting call would keep this activation from leaving. The one who watches asks again.
            return seen;
        }
    }

    public Task<SessionExportPage> ExportAsync(string? cursor, CancellationToken cancellationToken) =>
        CallAsync((cursor, cancellationToken), static (actor, s) => actor.ExportAsync(s.cursor, s.cancellationToken));

    public Task ImportAsync(SessionImportChunk chunk, CancellationToken cancellationToken) =>
        CallAsync((chunk, cancellationToken), static (actor, s) => actor.ImportAsync(s.chunk, s.cancellationToken));

    public Task EraseWithUserAsync(string? life, CancellationToken cancellationToken) =>
        VisitAsync((life, cancellationToken), static (actor, s) => actor.EraseWithUserAsync(s.life, s.cancellationToken));

    public async Task MaintainAsync(CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, silo.Leaving);
        await VisitAsync(either.Token, static (actor, token) => actor.MaintainAsync(token));
    }

    /// <summary>A call that may wait for a model: it is broken off when the silo leaves, which would wait for it otherwise. It can be repeated elsewhere.</summary>
    private async Task<T> UntilLeavingAsync<TState, T>(
        TState state, Func<SessionActor, TState, CancellationToken, Task<T>> call, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, silo.Leaving);
        return await CallAsync((state, call, either.Token), static (actor, s) => s.call(actor, s.state, s.Token));
    }

    protected override ValueTask<SessionActor> LoadAsync() => SessionActor.LoadAsync(GrainKeys.Session(Key), silo.Sessions, CancellationToken.None);

    protected override bool IsBusy(SessionActor actor) => actor.IsBusy;

    protected override bool IsWorthKeeping(SessionActor actor) => !actor.IsEmpty;

    protected override void Trim(SessionActor actor) => actor.Trim();
}
