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
    public Task DeliverAsync(string session, string incarnation, long number, byte[] notice) =>
        CallAsync(new SessionDelivery(session, incarnation, number, SessionNotice.Decode(notice)), static (actor, delivery) => actor.ApplyAsync(delivery));

    public Task<SessionPage> ListSessionsAsync(SessionQuery query, CancellationToken cancellationToken) =>
        CallAsync((query, cancellationToken, silo.Store), static (actor, s) =>
            SessionPeek.RefreshAsync(s.Store, actor.Key, actor.List(s.query), s.cancellationToken).AsTask());

    protected override ValueTask<UserActor> LoadAsync() => UserActor.LoadAsync(GrainKeys.User(Key), silo.Store, silo.Time, CancellationToken.None);

    protected override bool IsBusy(UserActor actor) => actor.IsCommitting;

    protected override bool IsWorthKeeping(UserActor actor) => true;
}
