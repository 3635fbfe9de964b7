using System.Text;
using Granary.Conformance.Stores;
using Granary.Conformance.Time;
using Granary.Core.Recall;
using Granary.Core.Reflection;
using Granary.Core.Storage;
using Granary.Core.Tokens;
using Granary.Core.Users;
using Granary.Core.Users.Records;
using Microsoft.Extensions.Logging.Abstractions;

namespace Granary.Core.Tests.Users;

/// <summary>A user over a store that counts, waits and fails.</summary>
internal sealed class UserBench
{
    private readonly UserServices services;
    private readonly Dictionary<string, int> notices = [];
    private UserActor? actor;

    public UserBench(MemoryLifecycleOptions? lifecycle = null, IEmbedder? embedder = null, RecordLimits? limits = null, SynthesisServices? synthesis = null)
    {
        Store = new FaultyPartitionStore(new InMemoryPartitionStore(Time));
        services = new UserServices(Store, new ScriptAwareTokenCounter(), Progress: null, embedder, Time, NullLogger<UserActor>.Instance)
        {
            Lifecycle = lifecycle ?? new MemoryLifecycleOptions(),
            Vectors = new MemoryVectorOptions { BatchTexts = 16 },
            RecordLimits = limits ?? new RecordLimits(),
            Synthesis = synthesis,
        };
    }

    public static UserKey Key { get; } = new("acme", "ada");

    public ManualTimeProvider Time { get; } = new();

    public FaultyPartitionStore Store { get; }

    /// <summary>The activation that is in memory; a lost one is loaded anew.</summary>
    public async Task<UserActor> ActorAsync()
    {
        if (actor is null || actor.IsLost)
        {
            actor = await UserActor.LoadAsync(Key, services, CancellationToken.None);
        }

        return actor;
    }

    /// <summary>Forgets what is in memory.</summary>
    public void Restart() => actor = null;

    /// <summary>All records of some states, the youngest first.</summary>
    public async Task<List<MemoryRecord>> ListAsync(params MemoryState[] states)
    {
        var all = new List<MemoryRecord>();
        var query = new MemoryQuery { States = states.Length == 0 ? Enum.GetValues<MemoryState>() : states, Limit = 1000 };
        while (true)
        {
            var page = await (await ActorAsync()).ListMemoriesAsync(query, CancellationToken.None);
            all.AddRange(page.Memories);
            if (page.Next is null)
            {
                return all;
            }

            query = query with { After = page.Next };
        }
    }

    public async Task<RememberResult> RememberAsync(params MemoryDraft[] drafts) =>
        await (await ActorAsync()).RememberAsync(new RememberRequest(drafts), CancellationToken.None);

    /// <summary>A session tells what it learned.</summary>
    public Task TellAsync(string session, params LearnedChange[] learned) => TellAsync(session, SessionStatus.Active, learned);

    /// <summary>A session tells how it is, and what it learned.</summary>
    public Task TellAsync(string session, SessionStatus status, params LearnedChange[] learned) => DeliverAsync(
        session,
        new SessionNotice
        {
            Listing = new SessionListing
            {
                SessionId = session,
                AgentId = "default",
                Status = status,
                ReflectionStatus = ReflectionStatus.Processed,
                StartTime = Time.GetUtcNow(),
                LastUpdated = Time.GetUtcNow(),
                CumulativeSummary = "",
                Topics = [],
                TurnCount = 1,
                LastSequence = 1,
            },
            Learned = learned,
        });

    /// <summary>A session's next notice.</summary>
    public async Task DeliverAsync(string session, SessionNotice notice)
    {
        notices[session] = notices.GetValueOrDefault(session) + 1;
        await (await ActorAsync()).ApplyAsync(new SessionDelivery(session, "1", notices[session], notice));
    }

    /// <summary>The documents that are stored whose ids begin so.</summary>
    public async Task<List<Document>> DocumentsAsync(string prefix = "")
    {
        var all = new List<Document>();
        for (DocumentRange? range = new DocumentRange("-", "~"); range is { } next;)
        {
            var page = await Store.Inner.ReadAsync(PartitionNames.Of(Key), next);
            all.AddRange(page.Documents.Where(d => d.Id.StartsWith(prefix, StringComparison.Ordinal)));
            range = page.Next is null ? null : next with { From = page.Next };
        }

        return all;
    }

    /// <summary>All that is stored, as text.</summary>
    public async Task<string> TextsAsync() => string.Join('\n', (await DocumentsAsync()).Select(d => d.Id + " " + Encoding.UTF8.GetString(d.Body.Span)));
}
