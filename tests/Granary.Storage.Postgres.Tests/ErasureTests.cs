using Granary.Conformance;
using Granary.Core.Storage;
using Granary.Storage.Postgres.Erasing;
using Npgsql;

namespace Granary.Storage.Postgres.Tests;

public sealed class ErasureTests : IAsyncLifetime
{
    /// <summary>Documents of a partition that takes several parts to delete.</summary>
    private const int Large = (3 * LeftoverSweeper.PartDocuments) + 7;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private string _connection = string.Empty;

    public async Task InitializeAsync() => _connection = await SharedServer.CreateDatabaseAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Other_partitions_go_on_while_the_documents_of_a_large_one_are_being_deleted()
    {
        await using var store = Open();
        var version = await FillAsync(store, "large", Large);
        var small = await store.WriteAsync("small", PartitionVersion.None, StoreCalls.Put("a", "1"));

        // Somebody holds a document: its deletion cannot go on.
        await using var holder = await HoldDocumentAsync($"m:{LeftoverSweeper.PartDocuments + 1:D5}");
        var erasure = store.DeleteAsync("large", version).AsTask();
        await DeletionIsHeldAsync();

        await store.WriteAsync("other", PartitionVersion.None, StoreCalls.Put("a", "1")).WaitAsync(Patience);
        await store.CommitAsync("small", small, StoreCalls.Put("a", "2")).AsTask().WaitAsync(Patience);
        (await store.ProbeAsync().AsTask().WaitAsync(Patience)).Writable.ShouldBeTrue();
        (await store.ReadAsync("large", StoreCalls.Everything)).Erased.ShouldBeTrue();
        erasure.IsCompleted.ShouldBeFalse();

        await holder.DisposeAsync();
        (await erasure.WaitAsync(Patience)).ShouldBeTrue();
        (await DocumentsAsync()).ShouldBe(2);
        (await LeftoversAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task A_partition_is_begun_anew_while_its_old_documents_are_being_deleted_and_loses_none_of_the_new()
    {
        await using var store = Open();
        var version = await FillAsync(store, "p", Large);
        Task<bool> erasure;
        await using (await HoldDocumentAsync("m:00003"))
        {
            erasure = store.DeleteAsync("p", version).AsTask();
            await DeletionIsHeldAsync();

            (await store.CommitAsync(new PartitionCommit
            {
                Partition = "p", Expected = PartitionVersion.None, Recreate = true, Writes = [StoreCalls.Insert("m:00003", "new"), StoreCalls.Insert("m:00900", "new")],
            }).AsTask().WaitAsync(Patience)).Status.ShouldBe(CommitStatus.Committed);
            (await store.ReadTextsAsync("p")).ShouldBe(new Dictionary<string, string> { ["m:00003"] = "new", ["m:00900"] = "new" });
        }

        (await erasure.WaitAsync(Patience)).ShouldBeTrue();
        (await store.ReadTextsAsync("p")).ShouldBe(new Dictionary<string, string> { ["m:00003"] = "new", ["m:00900"] = "new" });
        (await DocumentsAsync()).ShouldBe(2);
        (await LeftoversAsync()).ShouldBe(0);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public async Task A_crash_while_documents_are_being_deleted_leaves_none_after_the_next_start(int part)
    {
        await EraseAndCrashAsync(part);
        (await LeftoversAsync()).ShouldBe(1);
        (await DocumentsAsync()).ShouldBe(Large - ((part - 1) * LeftoverSweeper.PartDocuments));

        await using var next = Open();
        await NothingIsLeftAsync();
        (await next.ReadAsync("p", StoreCalls.Everything)).Erased.ShouldBeTrue();
    }

    [Fact]
    public async Task An_erasure_that_was_broken_off_is_ended_by_its_repetition()
    {
        var hooks = new PostgresStoreHooks { BeforeSweep = Crash() };
        await using var store = Open(hooks);
        var version = await FillAsync(store, "p", Large);
        await Should.ThrowAsync<StorageException>(async () => await store.DeleteAsync("p", version));
        (await DocumentsAsync()).ShouldBe(Large);

        // It fails for as long as the deletion does, although the tombstone stands.
        await Should.ThrowAsync<StorageException>(async () => await store.DeleteAsync("p", version));
        hooks.BeforeSweep = null;
        (await store.DeleteAsync("p", version)).ShouldBeTrue();

        (await DocumentsAsync()).ShouldBe(0);
        (await LeftoversAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task A_purge_ends_what_others_broke_off()
    {
        var hooks = new PostgresStoreHooks { BeforeSweep = Crash() };
        await using var store = Open(hooks);
        var version = await FillAsync(store, "p", 3);
        await Should.ThrowAsync<StorageException>(async () => await store.DeleteAsync("p", version));
        await Should.ThrowAsync<StorageException>(async () => await store.PurgeAsync("other"));
        hooks.BeforeSweep = null;

        await store.PurgeAsync("other");

        (await DocumentsAsync()).ShouldBe(0);
        (await LeftoversAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task Several_stores_that_delete_the_same_leave_nothing_and_all_wait_for_the_end()
    {
        await using var one = Open();
        await using var two = Open();
        var version = await FillAsync(one, "p", Large);

        var erased = await Task.WhenAll(
            Task.Run(async () => await one.DeleteAsync("p", version)),
            Task.Run(async () => await two.DeleteAsync("p", version)),
            Task.Run(async () => await one.DeleteAsync("p", version)));

        erased.ShouldAllBe(e => e);
        (await DocumentsAsync()).ShouldBe(0);
        (await LeftoversAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task A_small_erasure_does_not_wait_for_a_large_one()
    {
        var parts = 0;
        var smallIsDone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var hooks = new PostgresStoreHooks
        {
            BeforeSweep = () =>
            {
                // The large one stands before its second part until the small one is through.
                return Interlocked.Increment(ref parts) == 2 ? smallIsDone.Task : Task.CompletedTask;
            },
        };
        await using var store = Open(hooks);
        var large = await FillAsync(store, "large", Large);
        var small = await FillAsync(store, "small", 3);

        var erasure = store.DeleteAsync("large", large).AsTask();
        await PartsAsync(2);
        (await store.DeleteAsync("small", small).AsTask().WaitAsync(Patience)).ShouldBeTrue();
        erasure.IsCompleted.ShouldBeFalse();
        smallIsDone.SetResult();

        (await erasure.WaitAsync(Patience)).ShouldBeTrue();

        async Task PartsAsync(int wanted)
        {
            using var limit = new CancellationTokenSource(Patience);
            while (Volatile.Read(ref parts) < wanted)
            {
                await Task.Delay(5, limit.Token);
            }
        }
    }

    [Fact]
    public async Task A_caller_who_gives_up_is_told_so_and_the_documents_go_all_the_same()
    {
        await using var store = Open();
        var version = await FillAsync(store, "p", Large);
        await using (await HoldDocumentAsync("m:00001"))
        {
            using var cancellation = new CancellationTokenSource();
            var erasure = store.DeleteAsync("p", version, cancellation.Token).AsTask();
            await DeletionIsHeldAsync();
            await cancellation.CancelAsync();
            await Should.ThrowAsync<OperationCanceledException>(erasure);
        }

        await NothingIsLeftAsync();
    }

    [Fact]
    public async Task Closing_does_not_wait_for_a_large_erasure_and_the_next_start_ends_it()
    {
        var store = Open();
        var version = await FillAsync(store, "p", Large);
        Task erasure;
        Task closing;
        await using (await HoldDocumentAsync("m:00001"))
        {
            erasure = store.DeleteAsync("p", version).AsTask();
            await DeletionIsHeldAsync();
            closing = store.DisposeAsync().AsTask();
        }

        await closing.WaitAsync(Patience);
        (await Should.ThrowAsync<StorageException>(erasure)).Message.ShouldContain("closed");
        (await DocumentsAsync()).ShouldBe(Large - LeftoverSweeper.PartDocuments);

        await using var next = Open();
        await NothingIsLeftAsync();
    }

    /// <summary>Erases a partition in a store that dies before a part is deleted, counted from 1.</summary>
    private async Task EraseAndCrashAsync(int part)
    {
        var hooks = new PostgresStoreHooks();
        await using var store = Open(hooks);
        var version = await FillAsync(store, "p", Large);
        var parts = 0;
        hooks.BeforeSweep = () => ++parts == part ? throw new NpgsqlException("The process died.") : Task.CompletedTask;
        await Should.ThrowAsync<StorageException>(async () => await store.DeleteAsync("p", version));
    }

    private static Func<Task> Crash() => () => throw new NpgsqlException("The process died.");

    private PostgresPartitionStore Open(PostgresStoreHooks? hooks = null) =>
        new(new PostgresStoreOptions { ConnectionString = _connection }, null, null, null, hooks ?? new PostgresStoreHooks());

    private static async Task<PartitionVersion> FillAsync(PostgresPartitionStore store, string partition, int documents)
    {
        var version = PartitionVersion.None;
        foreach (var chunk in Enumerable.Range(0, documents).Chunk(50))
        {
            version = await store.WriteAsync(partition, version, [.. chunk.Select(i => StoreCalls.Insert($"m:{i:D5}", "secret"))]);
        }

        return version;
    }

    /// <summary>Locks a document, so that no other connection can delete it.</summary>
    private async Task<NpgsqlConnection> HoldDocumentAsync(string id)
    {
        var connection = new NpgsqlConnection(_connection + ";Pooling=false");
        await connection.OpenAsync();
        await using var begin = new NpgsqlCommand($"BEGIN; SELECT FROM granary.documents WHERE id = '{id}' FOR UPDATE", connection);
        await begin.ExecuteNonQueryAsync();
        return connection;
    }

    private Task DeletionIsHeldAsync() =>
        UntilAsync("SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()");

    private Task NothingIsLeftAsync() =>
        UntilAsync("SELECT NOT EXISTS (SELECT FROM granary.leftovers) AND NOT EXISTS (SELECT FROM granary.documents)");

    private async Task UntilAsync(string condition)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (!await Backends.ScalarAsync<bool>(_connection, condition))
        {
            await Task.Delay(5, limit.Token);
        }
    }

    private Task<long> DocumentsAsync() => Backends.ScalarAsync<long>(_connection, "SELECT count(*) FROM granary.documents");

    private Task<long> LeftoversAsync() => Backends.ScalarAsync<long>(_connection, "SELECT count(*) FROM granary.leftovers");
}
