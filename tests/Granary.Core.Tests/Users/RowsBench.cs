using System.Runtime.CompilerServices;
using System.Text;
using Granary.Conformance.Stores;
using Granary.Core.Actors;
using Granary.Core.Reflection;
using Granary.Core.Storage;
using Granary.Core.Tokens;
using Granary.Core.Users;
using Granary.Core.Users.Records;
using Microsoft.Extensions.Logging.Abstractions;

namespace Granary.Core.Tests.Users;

/// <summary>A user whose pages are so small that they are written all the time, beside one that reads nothing but the records.</summary>
internal sealed class RowsBench(RecordLimits? limits = null)
{
    public static readonly RecordLimits Small = new()
    {
        PageNumbers = 4, OpenBytes = 150, LoggedAtLeast = 6, LoggedShare = 1_000, ChangedShare = 1_000,
    };

    private static readonly string[] Words = ["lighthouse", "marmalade", "trombone", "glacier", "saffron", "quarry"];

    private readonly List<string> ids = ["chosen-1", "chosen-2"];
    private readonly Dictionary<string, Outbox> sessions = [];
    private int said;

    public UserBench Bench { get; } = new(limits: limits ?? Small);

    /// <summary>Does something; what the store refuses is refused.</summary>
    public async Task DoAsync(int step)
    {
        var (kind, seed) = (step % 16, step / 16);
        try
        {
            await DoAsync(kind, seed);
        }
        catch (Exception exception) when (exception is MemoryException or StorageException or ActivationLostException)
        {
            if (Bench.Store.IsCrashed)
            {
                Bench.Store.Recover();
                await RestartAsync();
            }
        }
    }

    private async Task DoAsync(int kind, int seed)
    {
        var actor = await Bench.ActorAsync();
        var id = ids[seed % ids.Count];
        switch (kind)
        {
            case 0:
                await RestartAsync();
                await CheckAsync();
                break;
            case 1:
                Bench.Store.CrashAt(1 + (seed % 9), seed % 2 == 0 ? FaultPoint.BeforeWrite : FaultPoint.AfterWrite);
                break;
            case 2:
                Bench.Time.Advance(TimeSpan.FromSeconds(seed % 30));
                break;
            case 3:
                await actor.UpdateMemoryAsync(id, new MemoryPatch { Content = Text(seed), Category = seed % 2 == 0 ? "some" : null }, CancellationToken.None);
                break;
            case 4:
                await actor.UpdateMemoryAsync(id, new MemoryPatch { Pinned = seed % 2 == 0, ExpiresAt = seed % 3 == 0 ? Bench.Time.GetUtcNow().AddDays(1 + (seed % 20)) : null }, CancellationToken.None);
                break;
            case 5:
                await actor.DeleteMemoryAsync(id, null, purge: false, CancellationToken.None);
                break;
            case 6:
                await actor.DeleteMemoryAsync(id, null, purge: true, CancellationToken.None);
                break;
            case 7:
                await actor.RestoreMemoryAsync(id, null, CancellationToken.None);
                break;
            case 8 or 9:
                await actor.TouchAsync([.. ids.Skip(seed % ids.Count).Take(5)], CancellationToken.None);
                break;
            case 10 when seed % 4 == 0:
                await actor.ForgetAsync(new ForgetRequest { Keep = seed % 20, Archive = seed % 3 == 0 }, CancellationToken.None);
                break;
            case 10:
                Bench.Time.Advance(TimeSpan.FromDays(seed % 40));
                await actor.MaintainAsync(CancellationToken.None);
                break;
            case 11:
                // Opens the index, which stays open from then on.
                await RecallAsync(actor, Words[seed % Words.Length]);
                break;
            case 12:
                await LearnAsync(actor, $"session-{seed % 3}", seed);
                break;
            case 13 when seed % 3 == 0:
                await EraseAsync(actor, $"session-{seed / 3 % 3}");
                break;
            case 14:
                Taken(await actor.RememberAsync(new RememberRequest([.. Enumerable.Range(0, 1 + (seed % 60)).Select(i => Draft(seed + i, null))]), CancellationToken.None));
                break;
            default:
                Taken(await actor.RememberAsync(new RememberRequest([Draft(seed, seed % 5 == 0 ? $"chosen-{1 + (seed % 2)}" : null)]), CancellationToken.None));
                break;
        }
    }

    /// <summary>The rows and what is recalled are those of one that reads all records.</summary>
    public async Task CheckAsync()
    {
        Bench.Store.Recover();
        await RestartAsync();
        var plain = new FaultyPartitionStore(new InMemoryPartitionStore(Bench.Time));
        var copied = PartitionVersion.None;
        foreach (var some in (await Bench.DocumentsAsync()).Where(document => document.Id[0] is not ('t' or 'z' or 'p')).Chunk(40))
        {
            var result = await plain.CommitAsync(new PartitionCommit
            {
                Partition = PartitionNames.Of(UserBench.Key),
                Expected = copied,
                Writes = [.. some.Select(document => DocumentWrite.Put(
                    document.Id, document.Id == RecordDocumentIds.Head ? (UserHead.Decode(document.Body.Span) with { Layout = 0, Log = null }).Encode() : document.Body))],
            });
            copied = result.Version;
        }

        // Nothing of this one is written: it would not be plain any more.
        var services = new UserServices(plain, new ScriptAwareTokenCounter(), null, null, Bench.Time, NullLogger<UserActor>.Instance);
        var expected = await UserActor.LoadAsync(UserBench.Key, services, CancellationToken.None);
        var actor = await Bench.ActorAsync();
        RowsOf(actor).ShouldBe(RowsOf(expected));
        foreach (var word in Words)
        {
            (await RecallAsync(actor, word)).ShouldBe(await RecallAsync(expected, word));
        }
    }

    /// <summary>Waits until no page is written any more.</summary>
    /// <param name="swept">Also what is only written some time after removals.</param>
    public async Task SettleAsync(bool swept = true)
    {
        var actor = await Bench.ActorAsync();
        SpinWait.SpinUntil(() => !SealingSoon(actor) && !(swept && SweepingSoon(actor)) && SealingOf(actor).CurrentCount == 1, TimeSpan.FromSeconds(30)).ShouldBeTrue();
    }

    /// <summary>What was derived from the records, as text.</summary>
    public async Task<string> DerivedAsync() => string.Join(
        '\n', (await Bench.DocumentsAsync()).Where(document => document.Id[0] is 't' or 'z' or 'p' or 'u').Select(document => document.Id + " " + TextOf(document)));

    /// <summary>The numbers of the records that pages of rows and the log tell of.</summary>
    public async Task<List<long>> NumbersAsync()
    {
        var names = new NameList();
        var numbers = new List<long>();
        foreach (var document in await Bench.DocumentsAsync())
        {
            var rows = document.Id[0] is 't' or 'z' ? document.Body.ToArray() : document.Id == RecordDocumentIds.Head ? UserHead.Decode(document.Body.Span).Log : null;
            numbers.AddRange(rows is null ? [] : RowCodec.Decode(rows, names).Select(logged => logged.Row.Number));
        }

        return numbers;
    }

    /// <summary>Puts other documents in the place of those that are stored; null for none.</summary>
    public async Task RewriteAsync(Func<Document, ReadOnlyMemory<byte>?> body)
    {
        await RestartAsync();
        var partition = PartitionNames.Of(UserBench.Key);
        var all = await Bench.DocumentsAsync();
        var version = (await Bench.Store.Inner.GetAsync(partition, [RecordDocumentIds.Head])).Version;
        foreach (var some in all.Chunk(50))
        {
            version = (await Bench.Store.Inner.CommitAsync(new PartitionCommit
            {
                Partition = partition,
                Expected = version,
                Writes = [.. some.Select(document => body(document) is { } other ? DocumentWrite.Put(document.Id, other) : DocumentWrite.Delete(document.Id))],
            })).Version;
        }
    }

    /// <summary>Writes all pages now.</summary>
    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "SealRecordsAsync")]
    private static extern Task SealAsync(UserActor actor, bool all, CancellationToken cancellationToken);

    public static Task SealAsync(UserActor actor) => SealAsync(actor, all: true, CancellationToken.None);

    private async Task EraseAsync(UserActor actor, string session)
    {
        if (sessions.TryGetValue(session, out var outbox))
        {
            if (outbox.Waiting.Count == 0 || outbox.Waiting[^1].Listing is not null)
            {
                outbox.Waiting.Add(new SessionNotice());
            }

            await DeliverAsync(actor, session, outbox);
            sessions.Remove(session);
            (await DerivedAsync()).ShouldNotContain(session);
        }
    }

    private async Task LearnAsync(UserActor actor, string session, int seed)
    {
        if (!sessions.TryGetValue(session, out var outbox))
        {
            sessions.Add(session, outbox = new Outbox($"life-{said++}"));
        }

        if (outbox.Waiting.Count > 0 && outbox.Waiting[^1].Listing is null)
        {
            // It is being erased.
            return;
        }

        outbox.Waiting.Add(new SessionNotice
        {
            Listing = new SessionListing
            {
                SessionId = session, AgentId = "default", Status = SessionStatus.Completed, StartTime = Bench.Time.GetUtcNow(), LastUpdated = Bench.Time.GetUtcNow(),
                TurnCount = 1, LastSequence = 1, CumulativeSummary = "", Topics = [],
            },
            Learned = [new LearnedChange { Event = MemoryEvent.Add, Draft = Draft(seed, null) with { Sources = [new MemorySource(session)] } }],
        });
        await DeliverAsync(actor, session, outbox);
    }

    /// <summary>What was not taken, or not heard to be taken, is told again first.</summary>
    private static async Task DeliverAsync(UserActor actor, string session, Outbox outbox)
    {
        while (outbox.Waiting.Count > 0)
        {
            await actor.ApplyAsync(new SessionDelivery(session, outbox.Life, outbox.Delivered + 1, outbox.Waiting[0]));
            outbox.Delivered++;
            outbox.Waiting.RemoveAt(0);
        }
    }

    private sealed class Outbox(string life)
    {
        public string Life => life;

        public long Delivered { get; set; }

        public List<SessionNotice> Waiting { get; } = [];
    }

    public async Task RestartAsync()
    {
        var actor = await Bench.ActorAsync();
        await actor.LeaveAsync(CancellationToken.None);
        Bench.Restart();
    }

    private static string TextOf(Document document) => document.Id == RecordDocumentIds.Head && UserHead.Decode(document.Body.Span).Log is { } log
        ? Encoding.UTF8.GetString(log)
        : Encoding.UTF8.GetString(document.Body.Span);

    private static async Task<List<(double, string)>> RecallAsync(UserActor actor, string query)
    {
        var result = await actor.RecallAsync(new RecallRequest { Query = query, Limit = 100 }, CancellationToken.None);
        return [.. result.Hits.Select(hit => (Math.Round(hit.Score, 9), hit.Id)).OrderDescending()];
    }

    private static List<string> RowsOf(UserActor actor)
    {
        var table = RecordsOf(actor).Table;
        var rows = new List<string>();
        for (var place = 0; place < table.Rows; place++)
        {
            ref var row = ref table[place];
            if (row.Number != 0)
            {
                rows.Add(string.Join('|', row.Number, row.Id, row.Name, row.Key, row.Created, row.Happened, row.Updated, row.Accessed, row.Expires, row.Ended, row.Confidence, row.Accesses,
                    row.Revision, NameAt(table, row.Agent), NameAt(table, row.Category), NameAt(table, row.Session),
                    string.Join(',', (row.Sessions ?? []).Select(name => NameAt(table, name))), row.Kind, row.Importance, row.Told, row.Pinned, table.Find(row.Id) == place));
            }
        }

        rows.Sort(StringComparer.Ordinal);
        rows.Count.ShouldBe(table.Count);
        return rows;
    }

    private static string NameAt(RecordTable table, int place) => place == NameList.None ? "" : table.Names[place];

    private void Taken(RememberResult result) => ids.AddRange(result.Outcomes.Select(outcome => outcome.Record.Id).Except(ids));

    private string Text(int seed) => $"{Words[seed % Words.Length]} and {Words[seed / 7 % Words.Length]} number {said++}";

    private MemoryDraft Draft(int seed, string? id) => new()
    {
        Id = id,
        Content = seed % 11 == 0 ? Words[seed % Words.Length] : Text(seed),
        Kind = (MemoryKind)(seed % 3),
        AgentId = seed % 4 == 0 ? "other" : null,
        Confidence = 1.0 / (1 + (seed % 3)),
        Importance = (MemoryImportance)(seed % 3),
        EventTime = seed % 5 == 0 ? Bench.Time.GetUtcNow().AddDays(-(seed % 100)) : null,
        ExpiresAt = seed % 13 == 0 ? Bench.Time.GetUtcNow().AddDays(1 + (seed % 20)) : null,
        Category = seed % 3 == 0 ? "plain" : null,
        Sources = [.. Enumerable.Range(0, seed % 4).Select(i => new MemorySource($"from-{(seed + i) % 6}"))],
    };

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_records")]
    private static extern ref RecordState RecordsOf(UserActor actor);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_sealing")]
    private static extern ref SemaphoreSlim SealingOf(UserActor actor);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_sealingSoon")]
    private static extern ref bool SealingSoon(UserActor actor);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_sweepingSoon")]
    private static extern ref bool SweepingSoon(UserActor actor);
}
