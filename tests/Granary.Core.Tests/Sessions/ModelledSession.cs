using Granary.Conformance.Stores;
using Granary.Conformance.Time;
using Granary.Core.Compaction;
using Granary.Core.Resources;
using Granary.Core.Sessions;
using Granary.Core.Tokens;
using Granary.Core.Users;
using Microsoft.Extensions.Logging.Abstractions;

namespace Granary.Core.Tests.Sessions;

/// <summary>A session over a store in memory, and its model beside it.</summary>
internal sealed class ModelledSession
{
    private readonly List<(int Epoch, List<long> View)> ended = [];
    private readonly SessionServices services;
    private SessionActor? actor;

    public ModelledSession()
    {
        var time = new ManualTimeProvider();
        var store = new InMemoryPartitionStore(time);
        services = new SessionServices(
            store, new ResourceCatalog(store, [], GranaryResources.Default(), time), new ScriptAwareTokenCounter(), new ExtractiveSummarizer(), new ExtractiveSummarizer(),
            new NoUsers(), time, NullLogger<SessionActor>.Instance);
    }

    public SessionModel Model { get; } = new();

    public async Task AppendAsync(params Message[] messages) => await AppendAsync(null, messages);

    /// <summary>Supersedes if the model says that it can be done, and is refused otherwise.</summary>
    public async Task SupersedeAsync(long first, params Message[] messages)
    {
        if (Model.AnswerStart() == first)
        {
            await AppendAsync(first, messages);
            return;
        }

        var error = await Should.ThrowAsync<ConflictException>(async () => await AppendAsync(first, messages));
        error.Code.ShouldBe(ErrorCodes.NotLastAnswer);
    }

    public async Task CompactAsync(CompactOptions options)
    {
        var session = await SessionAsync();
        var epoch = session.GetContext(ContextOptions.Default).Epoch;
        await session.CompactAsync(options, CancellationToken.None);
        Follow(session, epoch);
    }

    public async Task ClearAsync()
    {
        var session = await SessionAsync();
        ended.Add((session.GetContext(ContextOptions.Default).Epoch, [.. Model.View.Select(m => m.Sequence)]));
        await session.ClearAsync(confirm: true, ifMatch: null);
        Model.Clear();
    }

    /// <summary>Forgets what is in memory.</summary>
    public async Task RestartAsync()
    {
        if (actor is not null)
        {
            await actor.LeaveAsync(CancellationToken.None);
        }

        actor = null;
    }

    public async Task CheckAsync()
    {
        var session = await SessionAsync();
        var context = session.GetContext(ContextOptions.Default);
        ViewOf(context).ShouldBe(Model.View.Select(m => m.Sequence));
        context.ActiveContext.SelectMany(t => t.Messages).Select(m => m.Turn).ShouldBe(Model.View.Select(m => m.Turn));
        (context.Tokens.System + context.Tokens.Recent).ShouldBe(Model.View.Sum(m => services.Tokens.Count(m, null)));
        context.LastSequence.ShouldBe(Model.Last);
        var history = new List<Message>();
        for (long? next = 1; next is { } from;)
        {
            var page = await session.GetMessagesAsync(from, 1 + (int)(Model.Last % 9), CancellationToken.None);
            history.AddRange(page.Messages);
            next = page.Next;
        }

        history.Select(m => (m.Sequence, m.Turn, m.Content)).ShouldBe(Model.History.Select(m => (m.Sequence, m.Turn, m.Content)));
        history.Where(m => m.Superseded).Select(m => m.Sequence).ShouldBe(Model.Superseded.Order());
    }

    public async Task CheckEpochsAsync()
    {
        foreach (var (epoch, view) in ended)
        {
            (await (await SessionAsync()).GetEpochAsync(epoch, CancellationToken.None)).Messages.Select(m => m.Sequence).ShouldBe(view);
        }
    }

    /// <summary>Exports the session and imports it under another id: it is the same.</summary>
    public async Task CheckCopyAsync()
    {
        var session = await SessionAsync();
        var records = new List<SessionRecord>();
        string? cursor = null;
        do
        {
            var page = await session.ExportAsync(cursor, CancellationToken.None);
            records.AddRange(page.Records);
            cursor = page.Next;
        }
        while (cursor is not null);

        records.OfType<AppendRecord>().SelectMany(r => r.Messages).Where(m => m.Superseded).Select(m => m.Sequence).ShouldBe(Model.Superseded.Order());
        var copy = await SessionActor.LoadAsync(new SessionKey("acme", "ada", "copy"), services, CancellationToken.None);
        await copy.ImportAsync(new SessionImportChunk { ImportId = "i", Records = records, First = true, Final = true }, CancellationToken.None);
        actor = await SessionActor.LoadAsync(copy.Key, services, CancellationToken.None);
        await CheckAsync();
        await CheckEpochsAsync();
        foreach (var call in Model.Open())
        {
            await AppendAsync(SessionModel.Result(call));
        }
    }

    private async Task AppendAsync(long? supersedes, Message[] messages)
    {
        var session = await SessionAsync();
        var epoch = session.GetInfoOrNull()?.Epoch ?? 1;
        var result = await session.AppendAsync(new AppendRequest { Messages = messages, Supersedes = supersedes }, CancellationToken.None);
        Model.Append(supersedes, messages);
        (result.LastSequence, result.Turn).ShouldBe((Model.Last, Model.History[^1].Turn));

        // A compaction that the append started is waited for.
        await session.CompactAsync(new CompactOptions(), CancellationToken.None);
        Follow(session, epoch);
    }

    private void Follow(SessionActor session, int epoch)
    {
        var context = session.GetContext(ContextOptions.Default);
        if (context.Epoch > epoch)
        {
            ended.Add((epoch, [.. Model.View.Select(m => m.Sequence)]));
            ViewOf(context).ShouldBeSubsetOf(Model.View.Select(m => m.Sequence));
            Model.Fold([.. ViewOf(context)]);
        }
    }

    private static IEnumerable<long> ViewOf(SessionContext context) => context.ActiveContext.SelectMany(t => t.Messages).Select(m => m.Sequence);

    private async Task<SessionActor> SessionAsync() => actor ??= await SessionActor.LoadAsync(new SessionKey("acme", "ada", "s1"), services, CancellationToken.None);

    private sealed class NoUsers : IUserDirectory
    {
        public Task<bool> DeliverAsync(UserKey user, SessionDelivery delivery, CancellationToken cancellationToken) => Task.FromResult(false);

        public IUserMemory Open(UserKey user) => throw new NotSupportedException();
    }
}

internal static class SessionActorExtensions
{
    /// <summary>The state; null where there is no such session.</summary>
    public static SessionInfo? GetInfoOrNull(this SessionActor session) => session.IsEmpty ? null : session.GetInfo();
}
