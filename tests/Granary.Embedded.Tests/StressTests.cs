using System.Collections.Concurrent;
using Granary.Conformance.Stores;
using Granary.Core.Storage;

namespace Granary.Embedded.Tests;

/// <summary>
/// Many callers of two hosts over one store that fails now and then, all at once: append, compact, clear, end, erase, begin anew, forget.
/// Then everything that was acknowledged is looked for.
/// </summary>
public sealed class StressTests
{
    private const int Writers = 8;
    private const int Steps = 120;

    private static readonly UserKey Ada = new("acme", "ada");

    /// <param name="Session">Where it went.</param>
    /// <param name="Writer">Whose it was; a writer waits for one before it sends the next.</param>
    /// <param name="Text">Its only message pair begins with it; no two are alike.</param>
    /// <param name="Began">When it was sent, on the run's counter.</param>
    /// <param name="Answer">What came back; null if it was given up.</param>
    private sealed record Sent(string Session, int Writer, string Text, long Began, AppendResult? Answer);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Whatever_is_acknowledged_is_there_once_in_order_and_without_gaps(int seed)
    {
        var memory = new InMemoryPartitionStore();
        UnreliableStore store = null!;
        await using var fixture = new EmbeddedFixture(new EmbeddedOptions { MaxSessions = 3 }, _ => store = new UnreliableStore(memory, seed));
        var run = new Run(fixture.Host, (EmbeddedCluster)await fixture.OpenSecondAsync());
        store.OneIn = 25;
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(() => run.WriteAsync(writer, new Random((seed * 100) + writer)))));
        store.OneIn = 0;

        await fixture.RestartAsync();
        fixture.Time.Advance(TimeSpan.FromHours(1));
        await fixture.MaintainAsync();
        foreach (var session in Run.Sessions)
        {
            await AuditAsync(fixture.Host, memory, run, session, seed);
        }
    }

    private static async Task AuditAsync(EmbeddedCluster host, InMemoryPartitionStore store, Run run, string session, int seed)
    {
        var where = $"seed {seed}, session {session}";
        var history = await HistoryAsync(host, session);
        history.Select(m => m.Sequence).ShouldBe(Enumerable.Range(1, history.Count).Select(i => (long)i), where);
        var questions = history.Where(m => m.Role == MessageRole.User).Select(m => m.Content).ToList();
        questions.ShouldBeUnique();
        history.Chunk(2).ShouldAllBe(turn => turn[1].Content == $"answer to {turn[0].Content}");

        // An erasure that ended before an append was sent cannot have taken it.
        var erased = run.Erasures.Where(e => e.Session == session).Select(e => e.Ended).DefaultIfEmpty(-1).Max();
        var sent = run.Appends.Where(a => a.Session == session).ToList();
        var kept = sent.Where(a => a.Answer is not null && a.Began > erased).ToList();
        foreach (var append in kept)
        {
            questions.ShouldContain(append.Text, where);
            history[(int)append.Answer!.FirstSequence - 1].Content.ShouldBe(append.Text, where);
        }

        questions.ShouldBeSubsetOf(sent.Select(a => a.Text));
        var places = questions.Select((text, place) => (text, place)).ToDictionary(q => q.text, q => q.place);
        foreach (var writer in kept.GroupBy(a => a.Writer))
        {
            writer.OrderBy(a => a.Began).Select(a => places[a.Text]).ShouldBeInOrder(SortDirection.Ascending, where);
        }

        var page = await store.ReadAsync($"session/acme/ada/{session}", new DocumentRange("a", "z"));
        page.Documents.ShouldNotContain(d => d.Id.StartsWith("o:", StringComparison.Ordinal), where);
        var listed = (await host.User(Ada).ListSessionsAsync(new SessionQuery { Limit = 100 })).Sessions.Where(s => s.SessionId == session).ToList();
        listed.Count.ShouldBe(history.Count > 0 || (!page.Erased && page.Documents.Count > 0) ? 1 : 0, where);
    }

    private static async Task<List<Message>> HistoryAsync(EmbeddedCluster host, string session)
    {
        var all = new List<Message>();
        try
        {
            long? next = 1;
            while (next is { } from)
            {
                var page = await host.Session(new SessionKey(Ada.Tenant, Ada.User, session)).GetMessagesAsync(from, 1000);
                all.AddRange(page.Messages);
                next = page.Next;
            }
        }
        catch (Exception exception) when (exception is ErasedException or NotFoundException)
        {
        }

        return all;
    }

    private sealed class Run(EmbeddedCluster one, EmbeddedCluster other)
    {
        /// <summary>Those that begin with m are erased and begun anew, those with e are ended.</summary>
        public static readonly string[] Sessions = ["a1", "a2", "m1", "m2", "e1"];

        private long _clock;

        public ConcurrentBag<Sent> Appends { get; } = [];

        public ConcurrentBag<(string Session, long Ended)> Erasures { get; } = [];

        public async Task WriteAsync(int writer, Random random)
        {
            for (var step = 0; step < Steps; step++)
            {
                var id = Sessions[random.Next(Sessions.Length)];
                var host = random.Next(4) == 0 ? other : one;
                var session = host.Session(new SessionKey(Ada.Tenant, Ada.User, id));
                switch (random.Next(40))
                {
                    case < 3:
                        await TryAsync(() => session.CompactAsync(new CompactOptions { Force = random.Next(2) == 0, Strategy = (CompactionStrategy)random.Next(6) }));
                        break;
                    case 3:
                        await TryAsync(() => session.ClearAsync(confirm: true));
                        break;
                    case 4 or 5:
                        host.Forget();
                        break;
                    case 6 or 7 when id[0] == 'm':
                        await TryAsync(() => session.DeleteAsync());
                        Erasures.Add((id, Interlocked.Increment(ref _clock)));
                        break;
                    case 8 when id[0] == 'e' && step > Steps / 2:
                        await TryAsync(() => session.EndAsync());
                        break;
                    case 9:
                        await TryAsync(async () => await session.GetContextAsync());
                        break;
                    default:
                        await AppendAsync(session, writer, $"{writer}-{step}", random.Next(10) > 0);
                        break;
                }
            }
        }

        private async Task AppendAsync(ISessionMemory session, int writer, string text, bool keyed)
        {
            var request = new AppendRequest
            {
                Messages = [new Message { Role = MessageRole.User, Content = text }, new Message { Role = MessageRole.Assistant, Content = $"answer to {text}" }],
                IdempotencyKey = keyed ? text : null,
            };
            var began = Interlocked.Increment(ref _clock);
            AppendResult? answer = null;
            for (var attempt = 0; attempt < 100 && answer is null; attempt++)
            {
                try
                {
                    answer = await session.AppendAsync(request);
                }
                catch (UnavailableException) when (keyed)
                {
                    // Repeated with the same key.
                }
                catch (UnavailableException)
                {
                    break;
                }
                catch (ErasedException)
                {
                    await TryAsync(() => session.StartAsync(new StartSessionOptions()));
                    if (!keyed)
                    {
                        break;
                    }
                }
                catch (ConflictException conflict) when (conflict.Code == ErrorCodes.Completed)
                {
                    break;
                }
            }

            Appends.Add(new Sent(session.Key.Session, writer, text, began, answer));
        }

        private static async Task TryAsync(Func<Task> call)
        {
            try
            {
                await call();
            }
            catch (Exception exception) when (exception is UnavailableException or NotFoundException or ErasedException or ConflictException)
            {
            }
        }
    }
}
