using Granary.Core.Compaction;
using Granary.Core.Recall;
using Granary.Core.Reflection;
using Granary.Core.Resources;
using Granary.Core.Sessions;
using Granary.Core.Storage;
using Granary.Core.Tokens;
using Granary.Core.Users;
using Granary.Core.Users.Erasure;
using Granary.Orleans.Activations;
using Granary.Orleans.Grains;
using Microsoft.Extensions.Logging;
using Orleans;

namespace Granary.Orleans.Cluster;

/// <summary>What all grains of a silo share.</summary>
internal sealed class SiloServices : IUserDirectory, IDisposable
{
    /// <summary>
    /// How long a session waits for its user to take a notice: well below the time a call has, for who starts a session is answered also while the user's
    /// silo is away. The notice stays in the outbox, and maintenance delivers it.
    /// </summary>
    private static readonly TimeSpan DeliveryPatience = TimeSpan.FromSeconds(3);

    /// <summary>How late the governor may look before an activation that works is taken for idle: a busy machine's timers are late by so much.</summary>
    private static readonly TimeSpan LateTick = TimeSpan.FromSeconds(3);

    private readonly CancellationTokenSource _leaving = new();
    private readonly IGrainFactory _grains;

    public SiloServices(
        GranaryOrleansOptions options,
        IPartitionStore store,
        ITokenCounter tokens,
        ISummarizer summarizer,
        IGrainFactory grains,
        ILogger<SessionActor> logger,
        ILogger<UserActor> userLogger,
        IEmbedder? embedder = null,
        ReflectionServices? reflection = null,
        SynthesisServices? synthesis = null,
        IEnumerable<IUserDataEraser>? erasers = null)
    {
        (Options, Store, Time, _grains) = (options, store, options.TimeProvider, grains);
        Activations = new SiloActivations(options.TimeProvider, (2 * options.GovernorInterval) + LateTick);
        Resources = new ResourceCatalog(store, options.Resources, options.DefaultResource, options.TimeProvider);
        Sessions = new SessionServices(store, Resources, tokens, summarizer, new ExtractiveSummarizer(tokens), this, options.TimeProvider, logger, Progress: null, reflection);
        Users = new UserServices(store, tokens, Progress: null, embedder, options.TimeProvider, userLogger)
        {
            Lifecycle = options.Memories,
            Vectors = options.Vectors,
            Synthesis = synthesis,
            Erasers = [.. erasers ?? []],
        };
        Leaving = _leaving.Token;
    }

    public GranaryOrleansOptions Options { get; }

    public IPartitionStore Store { get; }

    public TimeProvider Time { get; }

    public SiloActivations Activations { get; }

    public ResourceCatalog Resources { get; }

    public SessionServices Sessions { get; }

    public UserServices Users { get; }

    /// <summary>Cancelled when the silo begins to leave the cluster: who waits for a change of a session here is told to ask again.</summary>
    public CancellationToken Leaving { get; }

    public void Leave() => _leaving.Cancel();

    public Task<bool> DeliverAsync(UserKey user, SessionDelivery delivery, CancellationToken cancellationToken) =>
        ClusterCalls.GuardAsync(
            () => _grains.GetGrain<IUserGrain>(GrainKeys.Of(user))
                .DeliverAsync(delivery.SessionId, delivery.Incarnation, delivery.Number, delivery.Notice.Encode())
                .WaitAsync(DeliveryPatience, cancellationToken),
            cancellationToken);

    public IUserMemory Open(UserKey user) => new ClusterUser(_grains.GetGrain<IUserGrain>(GrainKeys.Of(user)), user, _grains);

    public void Dispose() => _leaving.Dispose();
}
