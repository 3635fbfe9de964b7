using Granary.Conformance.Stores;
using Granary.Conformance.Time;
using Granary.Core.Compaction;
using Granary.Core.Resources;
using Granary.Core.Sessions;
using Granary.Core.Tokens;
using Granary.Core.Users;
using Microsoft.Extensions.Logging.Abstractions;

namespace Granary.Core.Tests.Sessions;

/// <summary>Sessions over a store that counts, waits and fails.</summary>
internal sealed class SessionBench
{
    private readonly SessionServices _services;

    public SessionBench(ISummarizer? summarizer = null, params MemoryResource[] resources)
    {
        var time = new ManualTimeProvider();
        Store = new FaultyPartitionStore(new InMemoryPartitionStore(time));
        _services = new SessionServices(
            Store, new ResourceCatalog(Store, resources, GranaryResources.Default(), time), new ScriptAwareTokenCounter(), summarizer ?? new ExtractiveSummarizer(),
            new ExtractiveSummarizer(), new NoUsers(), time, NullLogger<SessionActor>.Instance);
    }

    public FaultyPartitionStore Store { get; }

    public async Task<SessionActor> LoadAsync() => await SessionActor.LoadAsync(new SessionKey("acme", "ada", "s1"), _services, CancellationToken.None);

    private sealed class NoUsers : IUserDirectory
    {
        public Task<bool> DeliverAsync(UserKey user, SessionDelivery delivery, CancellationToken cancellationToken) => Task.FromResult(false);

        public IUserMemory Open(UserKey user) => throw new NotSupportedException();
    }
}
