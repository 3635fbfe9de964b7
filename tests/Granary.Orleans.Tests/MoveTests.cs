using System.Collections.Concurrent;
using System.Text.Json;
using Granary.Conformance.Stores;
using Granary.Core.Storage;
using Granary.Orleans.Grains;
using Orleans;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.TestingHost;

namespace Granary.Orleans.Tests;

/// <summary>
/// Sessions are moved, sent away, killed with their silo, or in memory twice, while many append to them. Then everything that was acknowledged is
/// looked for.
/// </summary>
public sealed class MoveTests
{
    private const int Writers = 6;
    private const int Sessions = 4;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Nothing_is_lost_or_doubled_while_sessions_are_sent_away_and_moved(int seed)
    {
        var store = new WatchedStore(new InMemoryPartitionStore(TimeProvider.System), seed);
        await using var cluster = await TestClusters.StartAsync(store, silos: 3);
        var run = new Run([cluster.Memory(0), cluster.Memory(1), cluster.Memory(2), cluster.ClientMemory()], steps: 40);
        var random = new Random(seed);
        var moves = 0;
        var writing = run.WriteAsync(seed);
        while (!writing.IsCompleted)
        {
            var session = Run.Id(random.Next(Sessions));
            var silo = cluster.SiloOf(session);
            if (silo < 0)
            {
                await Task.Delay(1);
                continue;
            }

            // A move that crosses another one may wait for an activation that is not asked to leave.
            var grain = cluster.Grain(session);
            var move = random.Next(2) == 0 ? cluster.DeactivateAsync(grain) : cluster.MigrateAsync(grain, cluster.Silos[(silo + 1 + random.Next(2)) % 3].SiloAddress);
            await Task.WhenAny(move, writing, Task.Delay(1_000));
            moves++;
        }

        await writing;
        moves.ShouldBeGreaterThan(5);
        await run.AuditAsync(cluster, store);
    }

    [Fact]
    public async Task Nothing_is_lost_or_doubled_while_silos_die_and_stop_and_others_come()
    {
        var store = new WatchedStore(new InMemoryPartitionStore(TimeProvider.System));
        await using var cluster = await TestClusters.StartAsync(store, silos: 3, silo: DieSoon);
        var done = new TaskCompletionSource();
        var run = new Run([cluster.Memory(0), cluster.ClientMemory()], steps: 30) { Until = done.Task };
        var writing = run.WriteAsync(3);
        var phases = new Func<Task>[]
        {
            () => cluster.KillSiloAsync(cluster.Silos[^1]),
            () => cluster.StartAdditionalSiloAsync(),
            () => cluster.StopSiloAsync(cluster.Silos[^1]),
            () => cluster.StartAdditionalSiloAsync(),
            () => cluster.KillSiloAsync(cluster.Silos[^1]),
        };
        foreach (var phase in phases)
        {
            // By what was written, not by the clock: each happens in the middle of the work.
            var enough = run.Acknowledged + 30;
            await Turns.UntilAsync(() => Task.FromResult(run.Acknowledged >= enough), "the work went on");
            await phase();
        }

        done.SetResult();
        await writing;
        await run.AuditAsync(cluster, store);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Nothing_is_lost_or_doubled_while_sessions_are_in_two_memories(int seed)
    {
        var store = new WatchedStore(new InMemoryPartitionStore(TimeProvider.System), seed);
        await using var one = await TestClusters.StartAsync(store, silos: 1);
        await using var other = await TestClusters.StartAsync(store, silos: 1);
        var run = new Run([one.Memory(), one.Memory(), other.Memory()], steps: 30);
        await run.WriteAsync(seed);
        await run.AuditAsync(one, store);
    }

    /// <summary>A silo that is dead is found out soon.</summary>
    private static void DieSoon(ISiloBuilder silo) => silo.Configure<ClusterMembershipOptions>(membership =>
        (membership.ProbeTimeout, membership.NumMissedProbesLimit, membership.NumVotesForDeathDeclaration) = (TimeSpan.FromSeconds(1), 2, 1));

    private sealed record Sent(string Session, int Writer, long Number, string Text, AppendResult? Answer);

    private sealed class Run(IReadOnlyList<IMemoryCluster> memories, int steps)
    {
        private readonly ConcurrentBag<Sent> _sent = [];
        private int _acknowledged;

        /// <summary>The writers go on until then, however many steps that takes.</summary>
        public Task Until { get; init; } = Task.CompletedTask;

        public int Acknowledged => Volatile.Read(ref _acknowledged);

        public static string Id(int number) => $"s{number}";

        public Task WriteAsync(int seed) =>
            Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(() => WriteAsync(writer, new Random((seed * 100) + writer)))));

        /// <summary>Looks for everything: at the memory, at the lists, and at what was written.</summary>
        public async Task AuditAsync(InProcessTestCluster cluster, WatchedStore store)
        {
            // Loaded anew: one of two memories may not know yet what the other wrote last.
            var memory = cluster.Memory(0);
            foreach (var grain in Enumerable.Range(0, Sessions).Select(number => cluster.Grain(Id(number)))
                .Append(cluster.Client.GetGrain<IUserGrain>(GrainKeys.Of(Turns.Ada)).GetGrainId()))
            {
                await cluster.DeactivateAsync(grain).WaitAsync(Turns.Patience);
            }

            for (var number = 0; number < Sessions; number++)
            {
                await AuditAsync(memory, Id(number));
            }

            // Deliveries that were lost with their activation are made by maintenance.
            await Task.WhenAll(Enumerable.Range(0, Sessions).Select(async number =>
                await cluster.Client.GetGrain<ISessionGrain>(GrainKeys.Of(Turns.Key(Id(number)))).MaintainAsync(CancellationToken.None)));
            var listed = await Repeat.UntilAnsweredAsync(async () => await memory.User(Turns.Ada).ListSessionsAsync(new SessionQuery()));
            listed.Sessions.Select(s => s.SessionId).ShouldBe(Enumerable.Range(0, Sessions).Select(Id), ignoreOrder: true);
            for (var number = 0; number < Sessions; number++)
            {
                var outbox = await store.ReadAsync($"session/acme/ada/{Id(number)}", DocumentRange.Prefix("o:"));
                outbox.Documents.ShouldBeEmpty();
            }

            // A watermark is written with the effect of its notice: each number of each sender once.
            var applied = store.Written.Where(commit => commit.Partition == "user/acme/ada")
                .SelectMany(commit => commit.Writes)
                .Where(write => write.Id.StartsWith("w:", StringComparison.Ordinal) && write.Kind != WriteKind.Delete)
                .Select(write => (write.Id, JsonDocument.Parse(write.Body).RootElement.GetRawText()))
                .ToList();
            applied.Count.ShouldBeGreaterThanOrEqualTo(Sessions);
            applied.ShouldBeUnique();
        }

        private async Task AuditAsync(IMemoryCluster memory, string session)
        {
            var history = await Repeat.UntilAnsweredAsync(async () => await memory.HistoryAsync(session));
            history.Select(m => m.Sequence).ShouldBe(Enumerable.Range(1, history.Count).Select(i => (long)i));
            var questions = history.Where(m => m.Role == MessageRole.User).Select(m => m.Content).ToList();
            questions.ShouldBeUnique();
            history.Chunk(2).ShouldAllBe(turn => turn[1].Content == $"answer to {turn[0].Content}");
            var sent = _sent.Where(s => s.Session == session).ToList();
            questions.ShouldBeSubsetOf(sent.Select(s => s.Text));
            var kept = sent.Where(s => s.Answer is not null).ToList();
            kept.ShouldAllBe(s => history[(int)s.Answer!.FirstSequence - 1].Content == s.Text);
            var places = questions.Select((text, place) => (text, place)).ToDictionary(q => q.text, q => q.place);
            foreach (var writer in kept.GroupBy(s => s.Writer))
            {
                writer.OrderBy(s => s.Number).Select(s => places[s.Text]).ShouldBeInOrder(SortDirection.Ascending);
            }
        }

        private async Task WriteAsync(int writer, Random random)
        {
            for (var step = 0; step < steps || !Until.IsCompleted; step++)
            {
                // Every session once, so that all are begun.
                var session = Id(step < Sessions ? step : random.Next(Sessions));
                var text = $"{writer}-{step}";
                var keyed = random.Next(5) > 0;
                AppendResult? answer = null;
                if (keyed)
                {
                    answer = await Repeat.UntilAnsweredAsync(() => Pick(random).AppendAsync(session, text, text));
                }
                else
                {
                    try
                    {
                        answer = await Pick(random).AppendAsync(session, text);
                    }
                    catch (UnavailableException)
                    {
                        // Stored or not: it must not be repeated.
                    }
                }

                Interlocked.Increment(ref _acknowledged);
                _sent.Add(new Sent(session, writer, step, text, answer));
                if (random.Next(4) == 0)
                {
                    await Repeat.UntilAnsweredAsync(async () => await ReadAsync(Pick(random), session));
                }
            }
        }

        private static async ValueTask<long> ReadAsync(IMemoryCluster memory, string session)
        {
            try
            {
                return (await memory.Session(Turns.Key(session)).GetContextAsync()).LastSequence;
            }
            catch (NotFoundException)
            {
                return 0;
            }
        }

        private IMemoryCluster Pick(Random random) => memories[random.Next(memories.Count)];
    }
}
