using Granary.Conformance.Stores;
using Granary.Conformance.Time;
using Granary.Core.Storage;

namespace Granary.Conformance;

/// <summary>Makes the same random calls to a store and to the reference and compares their answers; versions are compared by what they were given for.</summary>
internal sealed class ReferenceRun(int seed, IPartitionStore store, InMemoryPartitionStore reference, ManualTimeProvider time)
{
    private static readonly string[] Ids = ["session/t/u/1", "session/t/u/2", "user/t/u"];

    private readonly Random _random = new(seed);
    private readonly Dictionary<string, List<(PartitionVersion Actual, PartitionVersion Reference)>> _versions =
        Ids.ToDictionary(id => id, _ => new List<(PartitionVersion, PartitionVersion)> { default });

    public async Task StepAsync(int step)
    {
        var id = Ids[_random.Next(Ids.Length)];
        switch (_random.Next(20))
        {
            case < 12:
                await CommitAsync(id, step);
                break;
            case 12:
                await DeleteAsync(id, step);
                break;
            case 13:
                await store.PurgeAsync(id);
                await reference.PurgeAsync(id);
                break;
            case 14:
                time.Advance(TimeSpan.FromDays(_random.Next(25)));
                break;
            case 15 or 16:
                await CompareDueAsync(id, step);
                break;
            default:
                await CompareAsync(id, step);
                break;
        }
    }

    public async Task CompareAllAsync()
    {
        foreach (var id in Ids)
        {
            await CompareAsync(id, -1);
            await CompareDueAsync(id, -1);
        }
    }

    private async Task CommitAsync(string id, int step)
    {
        var versions = _versions[id];
        var expected = _random.Next(10) switch
        {
            < 7 => await CurrentAsync(id),
            7 => default,
            _ => versions[_random.Next(versions.Count)],
        };
        DocumentWrite[] writes = [.. Enumerable.Range(0, _random.Next(4)).Select(_ => $"d:{_random.Next(8)}").Distinct().Select(RandomWrite)];
        DateTimeOffset? due = _random.Next(2) == 0 ? null : time.GetUtcNow().AddHours(_random.Next(-48, 48));
        var recreate = _random.Next(3) == 0;

        var actual = await store.CommitAsync(Commit(expected.Actual));
        var known = await reference.CommitAsync(Commit(expected.Reference));
        actual.Status.ShouldBe(known.Status, Where(step));
        (actual.Version == PartitionVersion.None).ShouldBe(known.Version == PartitionVersion.None, Where(step));
        if (actual.Status is CommitStatus.Committed)
        {
            versions.ShouldNotContain(v => v.Actual == actual.Version, Where(step));
            versions.Add((actual.Version, known.Version));
        }

        PartitionCommit Commit(PartitionVersion version) =>
            new() { Partition = id, Expected = version, Writes = writes, DueAt = due, Recreate = recreate };
    }

    private async Task DeleteAsync(string id, int step)
    {
        var expected = _random.Next(3) == 0 ? _versions[id][_random.Next(_versions[id].Count)] : await CurrentAsync(id);
        (await store.DeleteAsync(id, expected.Actual)).ShouldBe(await reference.DeleteAsync(id, expected.Reference), Where(step));
    }

    private async Task<(PartitionVersion Actual, PartitionVersion Reference)> CurrentAsync(string id)
    {
        var version = await reference.VersionAsync(id);
        return _versions[id].First(v => v.Reference == version);
    }

    private DocumentWrite RandomWrite(string id) => _random.Next(5) switch
    {
        0 => DocumentWrite.Delete(id),
        1 or 2 => StoreCalls.Insert(id, $"{_random.Next()}"),
        _ => StoreCalls.Put(id, $"{_random.Next()}"),
    };

    private async Task CompareAsync(string id, int step)
    {
        var actual = await store.ReadAsync(id, StoreCalls.Everything);
        var known = await reference.ReadAsync(id, StoreCalls.Everything);
        actual.Erased.ShouldBe(known.Erased, Where(step));
        _versions[id].ShouldContain((actual.Version, known.Version), Where(step));
        actual.Documents.Select(Text).ShouldBe(known.Documents.Select(Text), Where(step));

        static string Text(Document document) => $"{document.Id}={System.Text.Encoding.UTF8.GetString(document.Body.Span)}";
    }

    private async Task CompareDueAsync(string id, int step)
    {
        var (shard, until) = (PartitionShard.Of(id), time.GetUtcNow().AddHours(_random.Next(-72, 24 * 40)));
        (await store.DueAsync(shard, until, 10)).ShouldBe(await reference.DueAsync(shard, until, 10), Where(step));
    }

    private string Where(int step) => $"seed {seed}, step {step}";
}
