using Granary.Core.Storage;

namespace Granary.Conformance;

/// <summary>A partition in memory beside the one in the store: both get the same random changes and must answer reads alike.</summary>
internal sealed class PartitionModel(int seed, string partition, Func<int, string> name, int documents)
{
    private readonly Random _random = new(seed);
    private readonly SortedDictionary<string, byte[]> _documents = new(StringComparer.Ordinal);
    private PartitionVersion _version = PartitionVersion.None;

    public async Task FillAsync(IPartitionStore store)
    {
        var ids = Enumerable.Range(0, documents).Select(name).ToArray();
        _random.Shuffle(ids);
        foreach (var chunk in ids.Chunk(StorageLimits.MaxDocumentsPerCommit))
        {
            await CommitAsync(store, [.. chunk.Select(id => DocumentWrite.Insert(id, Body()))]);
        }
    }

    public async Task ChangeAsync(IPartitionStore store, int step)
    {
        var writes = Enumerable.Range(0, _random.Next(1, 12)).Select(_ => RandomId()).Distinct().Select(RandomWrite).ToArray();
        if (writes.Any(w => w.Kind is WriteKind.Insert && _documents.ContainsKey(w.Id)))
        {
            (await store.CommitAsync(partition, _version, writes)).Status.ShouldBe(CommitStatus.DocumentExists, Where(step));
        }
        else
        {
            await CommitAsync(store, writes);
        }
    }

    public async Task CompareAsync(IPartitionStore store, int step)
    {
        var (from, to) = (RandomId(), RandomId());
        var range = new DocumentRange(from, to) { Limit = _random.Next(1, 257), Floor = _random.Next(2) == 0 ? null : RandomId() };
        var page = await store.ReadAsync(partition, range);
        page.Version.ShouldBe(_version, Where(step));

        var expected = Expected(range);
        page.Documents.Count.ShouldBeLessThanOrEqualTo(range.Limit, Where(step));
        page.Next.ShouldBe(expected.Count > page.Documents.Count ? expected[page.Documents.Count].Key : null, Where(step));
        AssertSame(page.Documents, expected.Take(page.Documents.Count), step);

        string[] ids = [.. Enumerable.Range(0, 5).Select(_ => RandomId()).Distinct().Order(StringComparer.Ordinal)];
        var named = await store.GetAsync(partition, ids);
        AssertSame(named.Documents, ids.Where(_documents.ContainsKey).Select(id => KeyValuePair.Create(id, _documents[id])), step);
    }

    public async Task CompareAllAsync(IPartitionStore store) =>
        AssertSame(await store.ReadAllAsync(partition, StoreCalls.Everything), _documents, -1);

    private List<KeyValuePair<string, byte[]>> Expected(DocumentRange range)
    {
        var floor = range.Floor is null
            ? null
            : _documents.Keys.LastOrDefault(id => string.CompareOrdinal(id, range.Floor) >= 0 && string.CompareOrdinal(id, range.From) <= 0);
        return [.. _documents.Where(d => string.CompareOrdinal(d.Key, floor ?? range.From) >= 0 && string.CompareOrdinal(d.Key, range.To) < 0)];
    }

    private async Task CommitAsync(IPartitionStore store, DocumentWrite[] writes)
    {
        _version = await store.WriteAsync(partition, _version, writes);
        foreach (var write in writes)
        {
            if (write.Kind is WriteKind.Delete)
            {
                _documents.Remove(write.Id);
            }
            else
            {
                _documents[write.Id] = write.Body.ToArray();
            }
        }
    }

    private DocumentWrite RandomWrite(string id) => _random.Next(10) switch
    {
        < 4 => DocumentWrite.Put(id, Body()),
        < 9 => DocumentWrite.Delete(id),
        _ => DocumentWrite.Insert(id, Body()),
    };

    /// <summary>Twice as many names as documents, so that half of what is asked for is missing.</summary>
    private string RandomId() => name(_random.Next(documents * 2));

    private byte[] Body()
    {
        // Now and then one that does not fit a page of the database.
        var body = new byte[_random.Next(20) == 0 ? _random.Next(20_000) : _random.Next(300)];
        _random.NextBytes(body);
        return body;
    }

    private void AssertSame(IEnumerable<Document> actual, IEnumerable<KeyValuePair<string, byte[]>> expected, int step)
    {
        // Not one assertion per byte: ten thousand documents are compared.
        var difference = actual.Select(d => (d.Id, Body: d.Body.ToArray())).Zip(expected)
            .FirstOrDefault(pair => pair.First.Id != pair.Second.Key || !pair.First.Body.AsSpan().SequenceEqual(pair.Second.Value));
        difference.First.Id.ShouldBeNull(Where(step));
        actual.Count().ShouldBe(expected.Count(), Where(step));
    }

    private string Where(int step) => $"seed {seed}, step {step}";
}
