using System.Globalization;
using System.Text;
using Granary.Conformance.Stores;
using Granary.Conformance.Time;
using Granary.Core.Storage;
using Granary.Core.Storage.Paged;

namespace Granary.Core.Tests.Storage.Paged.Histories;

/// <summary>
/// One random history: two stores over the same records, of which any call may fail before or after it took effect, be the last before a
/// crash, or find that the other store did something in between. Everything runs on one thread, so a seed is a history (but for the order of equal due times).
/// </summary>
internal sealed class History
{
    private const double FaultRate = 0.08;
    private const int MaxDepth = 2;

    private static readonly string[] Partitions = ["session/t/u/1", "user/t/u"];

    private readonly Random _random;
    private readonly ManualTimeProvider _time = new();
    private readonly Violations _violations = new();
    private readonly Dictionary<string, PartitionTruth> _truths;
    private readonly Variant _variant;
    private readonly HistoryRecords _records;
    private readonly IRecordStore _medium;
    private readonly IDueList _memoryList;
    private readonly bool _listsInRecords;
    private readonly (PagedPartitionStore Store, FaultyRecordStore Records)[] _stores = new (PagedPartitionStore, FaultyRecordStore)[2];
    private readonly Dictionary<(int Store, string Partition), PartitionVersion?> _views = [];
    private readonly PagedStoreOptions _options;
    private bool _faults = true;
    private int _depth;
    private long _attempts;
    private long _sequence;

    /// <param name="seed">Which history.</param>
    /// <param name="variant">How the store is broken.</param>
    /// <param name="medium">What is between the store and the records, if anything; asks the second argument whether to do something odd.</param>
    public History(int seed, Variant variant, Func<IRecordStore, Func<bool>, IRecordStore>? medium = null)
    {
        _random = new Random(seed);
        _variant = variant;
        _truths = Partitions.ToDictionary(p => p, p => new PartitionTruth(p, _violations));
        _records = new HistoryRecords(variant, _truths.GetValueOrDefault);
        _medium = medium?.Invoke(_records, () => _faults && _random.Next(25) == 0) ?? _records;
        _memoryList = new InMemoryDueList(_time);
        _listsInRecords = seed % 4 == 0;
        var options = SmallPages.Options(seed % 3 == 0 ? 0 : 1_000_000);
        _options = variant is Variant.PagesRemovedAtOnce
            ? new PagedStoreOptions
            {
                LogRun = options.LogRun, Parallelism = 1, Limits = options.Limits with { GarbageAge = TimeSpan.Zero },
            }
            : options;
        Open(0);
        Open(1);
    }

    public HistoryCounts Counts { get; } = new() { Histories = 1 };

    public IReadOnlyList<string> Violations => _violations.All;

    public void Run()
    {
        try
        {
            for (var left = 40 + _random.Next(80); left > 0 && Violations.Count == 0; left--)
            {
                Complete(StepAsync(_random.Next(10) < 7 ? 0 : 1));
            }

            if (Violations.Count == 0)
            {
                _faults = false;
                Complete(EndAsync());
            }
        }
        catch (Exception exception)
        {
            _violations.Add($"{exception.GetType().Name}: {exception.Message} {exception.StackTrace}");
        }

        Counts.Violating = Violations.Count > 0 ? 1 : 0;
    }

    private static void Complete(ValueTask task)
    {
        // Nothing waits: another thread would make another history of the same seed.
        task.IsCompleted.ShouldBeTrue();
        task.GetAwaiter().GetResult();
    }

    private void Open(int store)
    {
        var faulty = new FaultyRecordStore(_medium);
        faulty.Before = (call, partition, _) => BeforeAsync(store, faulty, call, partition);
        faulty.After = (call, _, record) => After(call, record);
        var list = _listsInRecords
            ? new PartitionDueList(new PagedPartitionStore(faulty, NoDueList.Instance, _time, _options), _time)
            : _memoryList;
        _stores[store] = (new PagedPartitionStore(faulty, list, _time, _options), faulty);
        foreach (var partition in Partitions)
        {
            _views[(store, partition)] = null;
        }
    }

    private async ValueTask BeforeAsync(int store, FaultyRecordStore faulty, RecordCall call, string partition)
    {
        if (!_faults || faulty.IsCrashed)
        {
            return;
        }

        // A due list has one commit in flight, which a call from within would wait for.
        if (_depth < MaxDepth && _truths.ContainsKey(partition) && _random.Next(20) == 0)
        {
            _depth++;
            Counts.Interleaved++;
            await StepAsync(1 - store);
            _depth--;
        }

        if (_random.Next(250) == 0)
        {
            Counts.Crashes++;
            faulty.IsCrashed = true;
        }

        Fail(call is RecordCall.Read ? FaultRate / 2 : FaultRate, "before");
    }

    private ValueTask After(RecordCall call, string record)
    {
        if (call is RecordCall.Write)
        {
            Counts.Writes++;
            Counts.Pages += record[0] == 'p' && record != "probe" ? 1 : 0;
            Counts.Flushes += record.EndsWith("-0", StringComparison.Ordinal) ? 1 : 0;
        }
        else if (call is RecordCall.Delete)
        {
            Counts.Removed++;
        }

        if (_faults && call is not RecordCall.Read)
        {
            Fail(FaultRate, "after");
        }

        return ValueTask.CompletedTask;
    }

    private void Fail(double rate, string when)
    {
        if (_random.NextDouble() < rate)
        {
            // A medium throws what it likes.
            throw _random.Next(2) == 0 ? new StorageException(when) : new TimeoutException(when);
        }
    }

    private async ValueTask StepAsync(int store)
    {
        var truth = _truths[Partitions[_random.Next(4) == 0 ? 1 : 0]];
        try
        {
            switch (_random.Next(100))
            {
                case < 62:
                    await CommitAsync(store, truth);
                    break;
                case < 80:
                    await ReadAsync(store, truth);
                    break;
                case < 84:
                    await EraseAsync(store, truth);
                    break;
                case < 87:
                    Counts.Purges++;
                    await _stores[store].Store.PurgeAsync(truth.Partition);
                    break;
                case < 91:
                    await DueAsync(store, truth);
                    break;
                case < 97:
                    if (_depth == 0)
                    {
                        _time.Advance(TimeSpan.FromMinutes(_random.Next(12) == 0 ? 50_000 : _random.Next(150)));
                    }

                    break;
                default:
                    Counts.Crashes++;
                    Replace(store);
                    break;
            }
        }
        catch (StorageException)
        {
            Counts.Unknown++;
            _views[(store, truth.Partition)] = null;
        }

        if (_stores[store].Records.IsCrashed)
        {
            Replace(store);
        }
    }

    /// <summary>The process dies; another takes its place. What the dead one was doing gets no further.</summary>
    private void Replace(int store)
    {
        _stores[store].Records.IsCrashed = true;
        Open(store);
    }

    private async ValueTask CommitAsync(int store, PartitionTruth truth)
    {
        var (paged, view) = (_stores[store].Store, (store, truth.Partition));
        if (_views[view] is null || _random.Next(15) == 0)
        {
            var begin = truth.Last;
            var page = await paged.GetAsync(truth.Partition, []);
            CheckPage(truth, begin, page, _ => ([], null));
            _views[view] = page.Version;
        }

        var expected = _random.Next(20) == 0 ? new PartitionVersion(truth.States[_random.Next(truth.States.Count)].Version) : _views[view]!.Value;
        var number = ++_attempts;
        var commit = new PartitionCommit
        {
            Partition = truth.Partition,
            Expected = expected,
            Writes = Writes(number),
            DueAt = _random.Next(3) == 0 ? null : _time.GetUtcNow().AddMinutes(_random.Next(-100, 3_000)),
            Recreate = expected == PartitionVersion.None && _random.Next(2) == 0,
        };
        truth.Attempt(number, commit);
        _views[view] = null;
        var before = truth.Last;
        var result = await paged.CommitAsync(commit);
        if (result.Status is CommitStatus.Committed)
        {
            Counts.Acked++;
            Counts.Recreations += commit.Recreate ? 1 : 0;
            if (!truth.Since(before).Any(s => s.Attempt == number && s.Version == result.Version.Value))
            {
                _violations.Add("a commit was acknowledged and is not there, or with another version");
            }

            _views[view] = result.Version;
            return;
        }

        Counts.Conflicts++;
        truth.Refuse(number);
        if (truth.Since(before).All(s => s.Answer(commit) != result.Status))
        {
            _violations.Add($"a commit was answered {result.Status} where it must be {truth.Tip.Answer(commit)}");
        }
    }

    private List<DocumentWrite> Writes(long number)
    {
        var writes = new List<DocumentWrite> { DocumentWrite.Put(PartitionTruth.Stamp, Encoding.ASCII.GetBytes($"{number}")) };
        for (var left = _random.Next(15) == 0 ? 14 : _random.Next(4); left > 0; left--)
        {
            var write = _random.Next(10) switch
            {
                < 4 => DocumentWrite.Insert($"m:{++_sequence:d6}", Body()),
                4 => DocumentWrite.Insert($"k:{_random.Next(1_000):x3}", Body()),
                5 => DocumentWrite.Insert($"r:{_random.Next(30):d2}", Body()),
                6 or 7 => DocumentWrite.Put(_random.Next(6) == 0 ? "g" : $"r:{_random.Next(30):d2}", Body()),
                8 => DocumentWrite.Delete($"r:{_random.Next(30):d2}"),
                _ => DocumentWrite.Delete($"m:{Math.Max(_sequence - _random.Next(8), 0):d6}"),
            };
            if (writes.All(w => w.Id != write.Id))
            {
                writes.Add(write);
            }
        }

        return writes;
    }

    private byte[] Body()
    {
        var body = new byte[_random.Next(12) == 0 ? _random.Next(400) : _random.Next(80)];
        _random.NextBytes(body);
        return body;
    }

    private async ValueTask ReadAsync(int store, PartitionTruth truth)
    {
        var begin = truth.Last;
        if (_random.Next(3) == 0)
        {
            string[] ids = [.. Enumerable.Range(0, 4).Select(_ => AnyId()).Distinct().Order(StringComparer.Ordinal)];
            var named = await _stores[store].Store.GetAsync(truth.Partition, ids);
            CheckPage(truth, begin, named, state => (ids.Where(state.Documents.ContainsKey).ToList(), null));
            return;
        }

        var range = _random.Next(3) == 0
            ? new DocumentRange("-", "~")
            : new DocumentRange(AnyId(), AnyId()) { Floor = _random.Next(2) == 0 ? null : AnyId(), Limit = _random.Next(1, 12) };
        var page = await _stores[store].Store.ReadAsync(truth.Partition, range);
        CheckPage(truth, begin, page, state => Range(state, range));
    }

    private string AnyId() => _random.Next(4) switch
    {
        0 => "h",
        1 => $"k:{_random.Next(1_000):x3}",
        2 => $"m:{_random.NextInt64(_sequence + 2):d6}",
        _ => $"r:{_random.Next(30):d2}",
    };

    private static (List<string> Ids, string? Next) Range(TrueState state, DocumentRange range)
    {
        var floor = range.Floor is null
            ? null
            : state.Documents.Keys.LastOrDefault(id => string.CompareOrdinal(id, range.Floor) >= 0 && string.CompareOrdinal(id, range.From) <= 0);
        var ids = state.Documents.Keys
            .Where(id => string.CompareOrdinal(id, floor ?? range.From) >= 0 && string.CompareOrdinal(id, range.To) < 0).Take(range.Limit + 1).ToList();
        return ids.Count > range.Limit ? (ids[..range.Limit], ids[^1]) : (ids, null);
    }

    /// <summary>A page must be that of a state which the partition had while it was read.</summary>
    private void CheckPage(PartitionTruth truth, int begin, PartitionPage page, Func<TrueState, (List<string> Ids, string? Next)> expected)
    {
        Counts.Reads++;
        var state = truth.Since(begin).FirstOrDefault(s => s.Version == page.Version.Value && s.Erased == page.Erased);
        if (state is null)
        {
            _violations.Add("a read answered with a state that the partition did not have then");
            return;
        }

        var (ids, next) = state.Lives ? expected(state) : ([], null);
        if (page.Next != next || !page.Documents.Select(d => d.Id).SequenceEqual(ids)
            || page.Documents.Any(d => !d.Body.Span.SequenceEqual(state.Documents[d.Id])))
        {
            _violations.Add("a read answered with other documents than the partition had then");
        }
    }

    private async ValueTask EraseAsync(int store, PartitionTruth truth)
    {
        var begin = truth.Last;
        var expected = _views[(store, truth.Partition)] ?? new PartitionVersion(truth.Tip.Version);
        _views[(store, truth.Partition)] = null;
        var erased = await _stores[store].Store.DeleteAsync(truth.Partition, expected);
        Counts.Erasures += erased ? 1 : 0;
        if (!truth.Since(begin).Any(s => erased ? s.Erased : s.Lives && s.Version != expected.Value))
        {
            _violations.Add($"an erasure answered {erased} in no state that allows it");
        }
    }

    private async ValueTask DueAsync(int store, PartitionTruth truth)
    {
        var begins = _truths.ToDictionary(t => t.Key, t => t.Value.Last);
        var due = await _stores[store].Store.DueAsync(PartitionShard.Of(truth.Partition), _time.GetUtcNow(), 10);
        foreach (var found in due)
        {
            if (!_truths[found.Partition].Since(begins[found.Partition]).Any(s => s.Due == found.DueAt && s.Erased == found.Erased))
            {
                _violations.Add("a partition was said to be due when it was not");
            }
        }
    }

    /// <summary>When all is quiet: nothing is lost, everything due is listed, no page is forgotten, erasing leaves nothing.</summary>
    private async ValueTask EndAsync()
    {
        _depth = MaxDepth;
        var store = _stores[_random.Next(2)].Store;
        foreach (var truth in _truths.Values)
        {
            var all = new List<Document>();
            for (string? from = "-"; from is not null;)
            {
                var page = await store.ReadAsync(truth.Partition, new DocumentRange(from, "~"));
                if (page.Version.Value != truth.Tip.Version || page.Erased != truth.Tip.Erased)
                {
                    _violations.Add("the last state is not the last");
                }

                all.AddRange(page.Documents);
                from = page.Next;
            }

            if (!all.Select(d => d.Id).SequenceEqual(truth.Tip.Documents.Keys)
                || all.Any(d => !d.Body.Span.SequenceEqual(truth.Tip.Documents[d.Id])))
            {
                _violations.Add("documents were lost or changed");
            }

            await CheckDueAsync(store, truth);
            await CheckAppendsAsync(store, truth);
            await CheckPagesAsync(truth);
            await CheckResidueAsync(store, truth);
        }
    }

    private async ValueTask CheckDueAsync(PagedPartitionStore store, PartitionTruth truth)
    {
        var due = await store.DueAsync(PartitionShard.Of(truth.Partition), _time.GetUtcNow().AddYears(1), 100);
        DuePartition[] expected = truth.Tip.Due is { } at ? [new DuePartition(truth.Partition, at, truth.Tip.Erased)] : [];
        if (!due.Where(d => d.Partition == truth.Partition).SequenceEqual(expected))
        {
            _violations.Add("a due partition is not listed, or one that is not due is");
        }
    }

    /// <summary>Whatever was before, it can be written: so often that documents move to pages.</summary>
    private async ValueTask CheckAppendsAsync(PagedPartitionStore store, PartitionTruth truth)
    {
        for (var left = _options.LogRun * 2; left > 0; left--)
        {
            var number = ++_attempts;
            var commit = new PartitionCommit
            {
                Partition = truth.Partition,
                Expected = new PartitionVersion(truth.Tip.Version),
                Writes =
                [
                    DocumentWrite.Put(PartitionTruth.Stamp, Encoding.ASCII.GetBytes($"{number}")),
                    DocumentWrite.Insert($"m:{++_sequence:d6}", Body()),
                ],
                Recreate = true,
            };
            truth.Attempt(number, commit);
            try
            {
                if ((await store.CommitAsync(commit)).Status is not CommitStatus.Committed)
                {
                    _violations.Add("a commit was refused though nobody else wrote");
                }
            }
            catch (StorageException exception)
            {
                _violations.Add($"a commit failed though nothing was wrong: {exception.Message}");
            }
        }
    }

    /// <summary>Each page is named by the head, or is one that the next flush finds.</summary>
    private async ValueTask CheckPagesAsync(PartitionTruth truth)
    {
        if (await _records.ReadAsync(truth.Partition, PartitionHead.Record) is not { } record)
        {
            return;
        }

        var head = HeadCodec.Decode(record.Body);
        var named = await NamedPages.OfAsync(_records, truth.Partition, head);
        foreach (var page in _records.Inner.RecordsOf(truth.Partition).Keys.Where(r => r != PartitionHead.Record && !named.Contains(r)))
        {
            var flush = long.Parse(page.AsSpan(1, page.IndexOf('-') - 1), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            if (head.State is HeadState.Live && flush < head.NextFlush && !named.Contains($"p{flush:x}-*"))
            {
                _violations.Add("a page is forgotten");
            }
        }
    }

    private async ValueTask CheckResidueAsync(PagedPartitionStore store, PartitionTruth truth)
    {
        var wasErased = truth.Tip.Erased;
        if (!await store.DeleteAsync(truth.Partition, new PartitionVersion(truth.Tip.Version)))
        {
            _violations.Add("an erasure was refused though nobody wrote");
        }

        // What a writer that was overtaken wrote after an earlier erasure is left to the purge.
        foreach (var name in _records.Inner.RecordsOf(truth.Partition).Keys.Where(r => r != PartitionHead.Record && !wasErased))
        {
            if (PageCodec.Decode((await _records.ReadAsync(truth.Partition, name))!.Body) is not BlankPage)
            {
                _violations.Add($"an erasure left {name}");
            }
        }

        _time.Advance(StorageLimits.TombstoneLifetime);
        await store.PurgeAsync(truth.Partition);
        if (_records.Inner.RecordsOf(truth.Partition).Count > 0)
        {
            _violations.Add($"a purge left {string.Join(' ', _records.Inner.RecordsOf(truth.Partition).Keys)}");
        }
    }
}
