using Granary.Conformance;
using Granary.Core.Storage;

namespace Granary.Storage.Postgres.Tests;

/// <summary>Stores that know nothing of each other stand for processes: they share the database only.</summary>
public sealed class SeveralProcessesTests : IAsyncLifetime
{
    private readonly List<PostgresPartitionStore> _stores = [];
    private string _connection = string.Empty;

    public async Task InitializeAsync()
    {
        _connection = await SharedServer.CreateDatabaseAsync();
        for (var i = 0; i < 3; i++)
        {
            _stores.Add(new PostgresPartitionStore(new PostgresStoreOptions { ConnectionString = _connection, Writers = 2 }));
        }
    }

    public async Task DisposeAsync()
    {
        foreach (var store in _stores)
        {
            await store.DisposeAsync();
        }
    }

    [Fact]
    public async Task Writers_of_the_same_partitions_lose_and_repeat_but_no_write_is_lost_or_doubled()
    {
        const int partitions = 12;
        const int appends = 15;
        var committed = 0;
        var conflicts = 0;
        await Task.WhenAll(_stores.SelectMany((store, s) => Enumerable.Range(0, partitions).Select(p => Task.Run(async () =>
        {
            var partition = $"session/acme/user-{p}/s";
            for (var i = 0; i < appends; i++)
            {
                while (true)
                {
                    // Each commit counts on from what it has read, and adds a document of its own: a lost update would show in the count.
                    var page = await store.GetAsync(partition, ["n"]);
                    var next = page.Documents.Count == 0 ? 1 : int.Parse(System.Text.Encoding.UTF8.GetString(page.Documents[0].Body.Span), System.Globalization.CultureInfo.InvariantCulture) + 1;
                    var result = await store.CommitAsync(partition, page.Version, StoreCalls.Put("n", $"{next}"), StoreCalls.Insert($"m:{next:D4}", $"{s}/{i}"));
                    if (result.Status is CommitStatus.Committed)
                    {
                        Interlocked.Increment(ref committed);
                        break;
                    }

                    result.Status.ShouldBe(CommitStatus.Conflict);
                    Interlocked.Increment(ref conflicts);
                }
            }
        }))));

        committed.ShouldBe(partitions * appends * _stores.Count);
        conflicts.ShouldBeGreaterThan(0);
        for (var p = 0; p < partitions; p++)
        {
            var texts = await _stores[0].ReadTextsAsync($"session/acme/user-{p}/s");
            texts["n"].ShouldBe($"{appends * _stores.Count}");
            texts.Where(t => t.Key != "n").Select(t => t.Value).Order()
                .ShouldBe(_stores.SelectMany((_, s) => Enumerable.Range(0, appends).Select(i => $"{s}/{i}")).Order());
        }
    }

    [Fact]
    public async Task A_new_partition_is_made_by_one_of_many()
    {
        for (var round = 0; round < 15; round++)
        {
            string[] ids = [.. Enumerable.Range(0, 20).Select(i => $"user/acme/{round}-{i}")];
            var random = new Random(round);
            var results = await Task.WhenAll(_stores.Select(store => Task.Run(async () =>
            {
                // Each process in another order: groups sort their locks, or this would be where they meet in a circle.
                var order = ids.ToArray();
                lock (random)
                {
                    random.Shuffle(order);
                }

                var tasks = order.Select(id => (id, Task: store.CommitAsync(id, PartitionVersion.None, StoreCalls.Insert("a", "1")).AsTask())).ToArray();
                await Task.WhenAll(tasks.Select(t => t.Task));
                return tasks.ToDictionary(t => t.id, t => t.Task.Result);
            })));

            foreach (var id in ids)
            {
                results.Count(r => r[id].Status is CommitStatus.Committed).ShouldBe(1, id);
                results.Count(r => r[id].Status is CommitStatus.Conflict).ShouldBe(2, id);
            }
        }
    }

    [Fact]
    public async Task An_erasure_and_commits_of_other_processes_leave_one_of_both()
    {
        for (var round = 0; round < 40; round++)
        {
            var id = $"user/acme/{round}";
            var version = await _stores[0].WriteAsync(id, PartitionVersion.None, StoreCalls.Put("a", "1"));

            var erasure = Task.Run(async () => await _stores[1].DeleteAsync(id, version));
            var commit = Task.Run(async () => await _stores[2].CommitAsync(id, version, StoreCalls.Put("a", "2")));

            var (erased, status) = (await erasure, (await commit).Status);
            status.ShouldBe(erased ? CommitStatus.Erased : CommitStatus.Committed);
            (await _stores[0].ReadAsync(id, StoreCalls.Everything)).Erased.ShouldBe(erased);
        }
    }

    [Fact]
    public async Task Erasures_of_an_unknown_partition_make_one_tombstone()
    {
        var erased = await Task.WhenAll(_stores.Select(store => Task.Run(async () => await store.DeleteAsync("user/acme/x", PartitionVersion.None))));

        erased.ShouldAllBe(e => e);
        (await Backends.ScalarAsync<long>(_connection, "SELECT count(*) FROM granary.partitions")).ShouldBe(1);
    }

    [Fact]
    public async Task Erased_content_is_in_no_table()
    {
        var version = await _stores[0].WriteAsync("user/acme/alice", PartitionVersion.None, [.. Enumerable.Range(0, 50).Select(i => StoreCalls.Put($"r:{i}", "secret"))]);

        await _stores[1].DeleteAsync("user/acme/alice", version);

        (await Backends.ScalarAsync<long>(_connection, "SELECT count(*) FROM granary.documents")).ShouldBe(0);
    }
}
