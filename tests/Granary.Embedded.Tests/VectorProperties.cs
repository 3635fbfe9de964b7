using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using Granary.Conformance.Memory;
using Granary.Conformance.Stores;
using Granary.Core.Storage;
using Granary.Core.Users;
using Granary.Core.Users.Indexing;

namespace Granary.Embedded.Tests;

/// <summary>Recall by vectors against a search through everything, whatever is done with the memory, forgotten from memory, and refused by embedder and store.</summary>
public sealed class VectorProperties
{
    private static readonly Arbitrary<int[]> Steps = Arb.From(Gen.Choose(0, 100_000_000).ArrayOf(50));

    [Fact]
    public void What_is_nearest_is_found_and_nothing_is_lost_or_left() =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(25), Prop.ForAll(Steps, steps => RunAsync(steps).GetAwaiter().GetResult()));

    private static async Task RunAsync(int[] steps)
    {
        var memory = new Modelled();
        foreach (var step in steps)
        {
            await memory.StepAsync(step % 20, step / 20);
        }

        await memory.CheckAsync();
        await memory.RestartAsync();
        await memory.CheckAsync();
    }

    /// <param name="Id">As a hit names it.</param>
    /// <param name="Text">What it says.</param>
    /// <param name="Agent">Its agent.</param>
    /// <param name="Session">Its session; null for a record.</param>
    private sealed record Unit(string Id, string Text, string Agent, string? Session);

    private sealed class Modelled
    {
        private static readonly string[] Words =
            ["dog", "puppy", "car", "sedan", "sea", "coast", "bread", "loaf", "angry", "doctor", "surgeon", "table", "green", "walk", "music", "snow", "letter", "glass"];

        private readonly ConceptEmbedder _embedder = new();
        private readonly EmbeddedFixture _memory;
        private readonly Dictionary<string, Unit> _units = [];
        private readonly Dictionary<string, (Unit Unit, bool IsDeleted)> _records = [];
        private readonly Dictionary<string, long> _sessions = [];
        private readonly List<Unit> _superseded = [];
        private int _made;

        public Modelled()
        {
            _memory = new EmbeddedFixture(new EmbeddedOptions { Vectors = new MemoryVectorOptions { BatchTexts = 8, SegmentVectors = 6 } }, embedder: _embedder);
            _memory.Reflection.Enabled = false;
        }

        public Task RestartAsync() => _memory.RestartAsync();

        public async Task StepAsync(int kind, int seed)
        {
            switch (kind)
            {
                case 0:
                    await _memory.RestartAsync();
                    break;
                case 1:
                    _embedder.Fail(1 + (seed % 3));
                    break;
                case 2:
                    _memory.Store.FailCommits(1, seed % 2 == 0 ? FaultPoint.BeforeWrite : FaultPoint.AfterWrite, HasVectors);
                    break;
                case 3 or 4:
                    await CheckAsync();
                    break;
                case 5 when Any(_records.Keys, seed) is { } id:
                    await UpdateAsync(id, seed);
                    break;
                case 6 when Any(_records.Keys, seed) is { } id:
                    await DeleteAsync(id, purge: seed % 2 == 0);
                    break;
                case 7 when Any(_records.Keys, seed) is { } id && _records[id].IsDeleted:
                    await DoAsync(() => _memory.User().RestoreMemoryAsync(id));
                    Keep(_records[id].Unit, isDeleted: false);
                    break;
                case 8 when Any(_records.Keys, seed) is { } id && !_records[id].IsDeleted:
                    await DoAsync(() => _memory.User().UpdateMemoryAsync(id, new MemoryPatch { Pinned = seed % 2 == 0, Confidence = seed % 100 / 100.0 }));
                    break;
                case 9 when Any(_sessions.Keys, seed) is { } session:
                    await DoAsync(() => _memory.Session(session).DeleteAsync());
                    _sessions.Remove(session);
                    Forget(unit => unit.Session == session);
                    break;
                case 10 when Any(_sessions.Keys, seed) is { } session:
                    await SayAsync(session, seed, supersedes: true);
                    break;
                case 11 or 12:
                    _memory.Time.Advance(TimeSpan.FromSeconds(seed % 4));
                    break;
                case < 16:
                    await RememberAsync(seed);
                    break;
                default:
                    // Of those that are erased none can be gone on with.
                    var name = $"s{seed % 4}n";
                    await SayAsync(_sessions.Keys.FirstOrDefault(known => known.StartsWith(name, StringComparison.Ordinal)) ?? $"{name}{_made}", seed, supersedes: false);
                    break;
            }
        }

        /// <summary>Everything gets its vector; then recall is asked, and the store looked through.</summary>
        public async Task CheckAsync()
        {
            _embedder.Fail(0);
            await EmbeddedAsync();

            // A query that failed a moment ago is not asked again at once. What a segment alone has is noticed when it is looked at closely.
            _memory.Time.Advance(TimeSpan.FromSeconds(11));
            await DoAsync(() => _memory.User().RecallAsync(new RecallRequest { Query = "dog", Mode = RecallMode.Vector, Limit = MemoryLimits.MaxRecall }));
            await EmbeddedAsync();
            foreach (var word in (string[])["canine", "vehicle", "snow table"])
            {
                await CheckAsync(word, new MemoryFilter(), 5, _ => true);
                await CheckAsync(word, new MemoryFilter { AgentId = "a1" }, 3, unit => unit.Agent == "a1");
                await CheckAsync(word, new MemoryFilter { Kinds = [MemoryKind.Fact] }, 4, unit => unit.Session is null);
                if (_sessions.Count > 0)
                {
                    var session = _sessions.Keys.First();
                    await CheckAsync(word, new MemoryFilter { SessionId = session }, 2, unit => unit.Session == session);
                }
            }

            // An activation that was lost forgot which messages were superseded a moment ago: their vectors may stay until their session goes.
            List<string> missing = [], left = [];
            await EventuallyAsync(
                async () =>
                {
                    // A failing store may have lost the activation that would see to it.
                    await DoAsync(() => _memory.User().GetStatsAsync());
                    var stored = await DocumentsAsync();
                    var exact = stored.Select(document => document.Id).Where(id => id.StartsWith("v:", StringComparison.Ordinal)).ToHashSet();
                    var expected = _units.Values.Select(DocumentOf).ToHashSet();
                    missing = [.. expected.Except(exact)];
                    left = [.. exact.Except(expected).Except(_superseded.Where(unit => _sessions.ContainsKey(unit.Session!)).Select(DocumentOf))];
                    left.AddRange(stored.Where(document => document.Id.StartsWith("q:", StringComparison.Ordinal))
                        .SelectMany(document => VectorSegmentDocument.Decode(document.Body).Keys.Select(key => key.IsMessage ? $"turn:{key.Source}:{key.Sequence}" : key.Source))
                        .Where(id => !_units.ContainsKey(id)));
                    return missing.Count == 0 && left.Count == 0;
                },
                () => $"missing: {string.Join(' ', missing)}; left: {string.Join(' ', left)}");
        }

        private static string DocumentOf(Unit unit) =>
            unit.Session is null ? VectorDocuments.Record(unit.Id) : VectorDocuments.Message(unit.Session, long.Parse(unit.Id.Split(':')[2], CultureInfo.InvariantCulture));

        private Task EmbeddedAsync() => EventuallyAsync(async () => (await DoAsync(() => _memory.User().GetStatsAsync())).PendingVectors == 0);

        private async Task CheckAsync(string query, MemoryFilter filter, int limit, Func<Unit, bool> passes)
        {
            var result = await DoAsync(() => _memory.User().RecallAsync(new RecallRequest { Query = query, Mode = RecallMode.Vector, Filter = filter, Limit = limit }));
            if (_units.Count == 0 && result.Mode == RecallMode.Keyword)
            {
                result.Hits.ShouldBeEmpty();
                return;
            }

            result.Mode.ShouldBe(RecallMode.Vector, result.Fallback);
            var expected = _units.Values.Where(passes).Select(unit => Math.Max(0, Cosine(query, unit.Text))).OrderDescending().Take(limit).ToList();
            result.Hits.Count.ShouldBe(expected.Count);
            result.Hits.Select(hit => hit.Id).ShouldBeUnique();
            for (var i = 0; i < expected.Count; i++)
            {
                var hit = result.Hits[i];
                var unit = _units[hit.Id];
                hit.Content.ShouldBe(unit.Text);
                passes(unit).ShouldBeTrue();
                hit.Score.ShouldBe(expected[i], 0.0005);
                hit.Score.ShouldBe(Math.Max(0, Cosine(query, unit.Text)), 0.0005);
            }
        }

        private async Task RememberAsync(int seed)
        {
            var unit = new Unit($"r{_made}", Text(seed), $"a{seed % 3}", null);
            await DoAsync(() => _memory.User().RememberAsync(new RememberRequest([new MemoryDraft { Id = unit.Id, Content = unit.Text, AgentId = unit.Agent }])));
            Keep(unit, isDeleted: false);
        }

        private async Task UpdateAsync(string id, int seed)
        {
            if (_records[id].IsDeleted)
            {
                return;
            }

            var unit = _records[id].Unit with { Text = Text(seed) };
            await DoAsync(() => _memory.User().UpdateMemoryAsync(id, new MemoryPatch { Content = unit.Text }));
            Keep(unit, isDeleted: false);
        }

        private async Task DeleteAsync(string id, bool purge)
        {
            try
            {
                await DoAsync(() => _memory.User().DeleteMemoryAsync(id, purge: purge));
            }
            catch (NotFoundException)
            {
                // An attempt before did it, although it failed.
            }

            _units.Remove(id);
            if (purge)
            {
                _records.Remove(id);
            }
            else
            {
                _records[id] = (_records[id].Unit, true);
            }
        }

        private async Task SayAsync(string session, int seed, bool supersedes)
        {
            var last = _sessions.GetValueOrDefault(session);
            var agent = $"a{session[1]}";
            string[] texts = supersedes ? [Text(seed)] : [Text(seed), Text(seed / 3)];
            var key = $"k{_made}";
            await DoAsync(async () => await _memory.Session(session).AppendAsync(new AppendRequest
            {
                AgentId = agent,
                IdempotencyKey = key,
                Supersedes = supersedes ? last : null,
                Messages = [.. texts.Select((text, i) => new Message { Role = i == texts.Length - 1 ? MessageRole.Assistant : MessageRole.User, Content = text })],
            }));
            if (supersedes)
            {
                _units.Remove($"turn:{session}:{last}", out var unit);
                _superseded.Add(unit!);
            }

            foreach (var text in texts)
            {
                last++;
                _units[$"turn:{session}:{last}"] = new Unit($"turn:{session}:{last}", text, agent, session);
            }

            _sessions[session] = last;
        }

        private string Text(int seed) =>
            $"{Words[seed % Words.Length]} {Words[seed / 7 % Words.Length]} {Words[seed / 131 % Words.Length]} number{_made++}";

        private void Keep(Unit unit, bool isDeleted)
        {
            _records[unit.Id] = (unit, isDeleted);
            _units[unit.Id] = unit;
        }

        private void Forget(Func<Unit, bool> which)
        {
            foreach (var unit in _units.Values.Where(which).ToList())
            {
                _units.Remove(unit.Id);
            }
        }

        private static string? Any(IEnumerable<string> all, int seed)
        {
            var sorted = all.Order(StringComparer.Ordinal).ToList();
            return sorted.Count == 0 ? null : sorted[seed % sorted.Count];
        }

        private static bool HasVectors(PartitionCommit commit) =>
            commit.Writes.Any(write => write.Id.StartsWith("v:", StringComparison.Ordinal) || write.Id.StartsWith("q:", StringComparison.Ordinal));

        /// <summary>Calls again what a failing store made fail: every call here may be repeated.</summary>
        private static async Task<T> DoAsync<T>(Func<Task<T>> call)
        {
            for (var attempt = 1; ; attempt++)
            {
                try
                {
                    return await call();
                }
                catch (UnavailableException) when (attempt < 5)
                {
                }
            }
        }

        private static Task DoAsync(Func<Task> call) => DoAsync(async () =>
        {
            await call();
            return true;
        });

        private double Cosine(string a, string b) => _embedder.VectorOf(a).Zip(_embedder.VectorOf(b), (x, y) => (double)x * y).Sum();

        private async Task<List<Document>> DocumentsAsync()
        {
            var all = new List<Document>();
            foreach (var prefix in (string[])["v:", "q:"])
            {
                for (DocumentRange? range = DocumentRange.Prefix(prefix); range is { } next;)
                {
                    var page = await _memory.Store.Inner.ReadAsync("user/acme/ada", next);
                    all.AddRange(page.Documents);
                    range = page.Next is null ? null : next with { From = page.Next };
                }
            }

            return all;
        }

        private async Task EventuallyAsync(Func<Task<bool>> holds, Func<string>? otherwise = null)
        {
            var began = System.Diagnostics.Stopwatch.StartNew();
            while (!await holds())
            {
                began.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(20), otherwise?.Invoke());
                _memory.Time.Advance(TimeSpan.FromSeconds(1));
                await Task.Delay(2);
            }
        }
    }
}
