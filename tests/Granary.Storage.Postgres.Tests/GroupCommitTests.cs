using Granary.Conformance;
using Granary.Core.Storage;
using Npgsql;

namespace Granary.Storage.Postgres.Tests;

public sealed class GroupCommitTests : IAsyncLifetime
{
    private string _connection = string.Empty;

    public async Task InitializeAsync() => _connection = await SharedServer.CreateDatabaseAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Commits_that_wait_for_the_writer_share_one_statement()
    {
        await using var probe = new StoreProbe(_connection);

        var results = await probe.CommitTogetherAsync([.. Enumerable.Range(0, 65).Select(i => Create($"p/{i}", StoreCalls.Insert("a", $"{i}")))]);

        results.ShouldAllBe(r => r.Status == CommitStatus.Committed);
        results.Select(r => r.Version).Distinct().Count().ShouldBe(65);
        probe.Groups.ShouldBe([65]);
        for (var i = 0; i < 65; i++)
        {
            var page = await probe.Store.ReadAsync($"p/{i}", StoreCalls.Everything);
            page.Version.ShouldBe(results[i].Version);
            page.Documents.ShouldHaveSingleItem().Body.ToArray().ShouldBe(System.Text.Encoding.UTF8.GetBytes($"{i}"));
        }
    }

    [Theory]
    [InlineData(10, int.MaxValue, new[] { 10, 10, 5 })]
    [InlineData(256, 8_500, new[] { 9, 9, 7 })]
    public async Task A_group_is_bounded_by_its_number_of_commits_and_by_its_bytes(int commits, int bytes, int[] groups)
    {
        await using var probe = new StoreProbe(_connection, o => (o.MaxGroupCommits, o.MaxGroupBytes) = (commits, Math.Min(bytes, o.MaxGroupBytes)));

        await probe.CommitTogetherAsync([.. Enumerable.Range(0, 25).Select(i => Create($"p/{i}", DocumentWrite.Put("a", new byte[1_000])))]);

        probe.Groups.ShouldBe(groups);
    }

    [Fact]
    public async Task Under_concurrency_there_are_far_fewer_groups_than_commits()
    {
        await using var probe = new StoreProbe(_connection);

        await Task.WhenAll(Enumerable.Range(0, 32).Select(w => Task.Run(async () =>
        {
            var version = PartitionVersion.None;
            for (var i = 0; i < 20; i++)
            {
                version = await probe.Store.WriteAsync($"p/{w}", version, StoreCalls.Insert($"m:{i}", "x"));
            }
        })));

        probe.Groups.Sum().ShouldBe(640);
        probe.Groups.Length.ShouldBeLessThan(320);
    }

    [Fact]
    public async Task A_refused_commit_of_a_group_fails_alone()
    {
        await using var probe = new StoreProbe(_connection);
        var stale = await probe.Store.WriteAsync("p/1", PartitionVersion.None, StoreCalls.Put("a", "1"));
        var taken = await probe.Store.WriteAsync("p/2", PartitionVersion.None, StoreCalls.Put("a", "1"));
        var right = await probe.Store.WriteAsync("p/3", PartitionVersion.None, StoreCalls.Put("a", "1"));
        await probe.Store.DeleteAsync("p/erased");
        await probe.Store.DeleteAsync("p/anew");

        var results = await probe.CommitTogetherAsync(
            Create("p/0", StoreCalls.Insert("a", "new")),
            new PartitionCommit { Partition = "p/1", Expected = new(stale.Value + 99), Writes = [StoreCalls.Put("x", "stale"), DocumentWrite.Delete("a")] },
            new PartitionCommit { Partition = "p/2", Expected = taken, Writes = [StoreCalls.Insert("b", "2"), StoreCalls.Insert("a", "exists"), StoreCalls.Put("c", "3")] },
            Create("p/erased", StoreCalls.Insert("a", "late")),
            new PartitionCommit { Partition = "p/anew", Expected = PartitionVersion.None, Recreate = true, Writes = [StoreCalls.Insert("a", "anew")] },
            new PartitionCommit { Partition = "p/3", Expected = right, Writes = [StoreCalls.Insert("c", "3")] },
            new PartitionCommit { Partition = "p/unknown", Expected = right, Writes = [StoreCalls.Insert("c", "3")] });

        results.Select(r => r.Status).ShouldBe(
        [
            CommitStatus.Committed, CommitStatus.Conflict, CommitStatus.DocumentExists, CommitStatus.Erased,
            CommitStatus.Committed, CommitStatus.Committed, CommitStatus.Conflict,
        ]);
        probe.Groups[^1].ShouldBe(7);
        (await probe.Store.ReadTextsAsync("p/0")).ShouldBe(new Dictionary<string, string> { ["a"] = "new" });
        (await probe.Store.ReadTextsAsync("p/1")).ShouldBe(new Dictionary<string, string> { ["a"] = "1" });
        (await probe.Store.ReadTextsAsync("p/2")).ShouldBe(new Dictionary<string, string> { ["a"] = "1" });
        (await probe.Store.ReadTextsAsync("p/3")).ShouldBe(new Dictionary<string, string> { ["a"] = "1", ["c"] = "3" });
        (await probe.Store.ReadTextsAsync("p/anew")).ShouldBe(new Dictionary<string, string> { ["a"] = "anew" });
        (await probe.Store.ReadAsync("p/erased", StoreCalls.Everything)).Erased.ShouldBeTrue();
        (await probe.Store.VersionAsync("p/2")).ShouldBe(taken);
        (await probe.Store.VersionAsync("p/unknown")).ShouldBe(PartitionVersion.None);
    }

    [Fact]
    public async Task A_second_commit_of_a_partition_waits_for_the_next_group_and_is_checked_against_the_first()
    {
        await using var probe = new StoreProbe(_connection);

        var results = await probe.CommitTogetherAsync(
            Create("p/0", StoreCalls.Put("a", "first")), Create("p/0", StoreCalls.Put("a", "second")), Create("p/1"), Create("p/0", StoreCalls.Put("a", "third")));

        results.Select(r => r.Status).ShouldBe([CommitStatus.Committed, CommitStatus.Conflict, CommitStatus.Committed, CommitStatus.Conflict]);
        probe.Groups.ShouldBe([2, 1, 1]);
        (await probe.Store.ReadTextsAsync("p/0"))["a"].ShouldBe("first");
    }

    [Fact]
    public async Task A_storage_error_fails_the_whole_group_and_the_next_one_succeeds()
    {
        await using var probe = new StoreProbe(_connection);
        var version = await probe.Store.WriteAsync("p/0", PartitionVersion.None, StoreCalls.Put("a", "1"));
        await using var blocker = await BlockAsync("p/0");
        var commits = await probe.HoldAsync(
            new PartitionCommit { Partition = "p/0", Expected = version, Writes = [StoreCalls.Put("a", "2")] }, Create("a/1"), Create("p/1"));
        probe.Release();
        await WaitForBlockedAsync();

        await Backends.ExecuteAsync(_connection, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()");

        foreach (var commit in commits)
        {
            (await Should.ThrowAsync<StorageException>(commit)).Message.ShouldContain("PostgreSQL");
        }

        await blocker.DisposeAsync();
        (await probe.Store.VersionAsync("p/0")).ShouldBe(version);
        (await probe.Store.VersionAsync("a/1")).ShouldBe(PartitionVersion.None);
        await probe.Store.WriteAsync("p/0", version, StoreCalls.Put("a", "3"));
        await probe.Store.WriteAsync("p/1", PartitionVersion.None);
        probe.Problems.Length.ShouldBe(3, "no sync, failing, working again");
    }

    [Fact]
    public async Task A_statement_that_takes_too_long_fails_its_group_with_the_name_of_the_setting()
    {
        await using var probe = new StoreProbe(_connection, o => o.CommandTimeout = TimeSpan.FromSeconds(1));
        var version = await probe.Store.WriteAsync("p/0", PartitionVersion.None);
        await using (await BlockAsync("p/0"))
        {
            (await Should.ThrowAsync<StorageException>(async () => await probe.Store.CommitAsync("p/0", version)))
                .Message.ShouldContain("Granary:Postgres:CommandTimeout");
        }

        await probe.Store.WriteAsync("p/0", version);
    }

    [Fact]
    public async Task An_erasure_may_take_longer_than_other_statements()
    {
        await using var probe = new StoreProbe(_connection, o => o.CommandTimeout = TimeSpan.FromSeconds(1));
        var version = await probe.Store.WriteAsync("p/0", PartitionVersion.None, StoreCalls.Put("a", "1"));
        await Backends.ExecuteAsync(
            _connection,
            """
            CREATE FUNCTION granary.slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(3); RETURN NULL; END';
            CREATE TRIGGER slow BEFORE DELETE ON granary.documents FOR EACH STATEMENT EXECUTE FUNCTION granary.slow();
            """);

        (await probe.Store.DeleteAsync("p/0", version)).ShouldBeTrue();
    }

    [Fact]
    public async Task An_erasure_waits_for_another_writer_no_longer_than_other_statements()
    {
        await using var probe = new StoreProbe(_connection, o => o.CommandTimeout = TimeSpan.FromSeconds(1));
        var version = await probe.Store.WriteAsync("p/0", PartitionVersion.None);
        await using (await BlockAsync("p/0"))
        {
            (await Should.ThrowAsync<StorageException>(async () => await probe.Store.DeleteAsync("p/0", version).AsTask().WaitAsync(TimeSpan.FromSeconds(60))))
                .Message.ShouldContain("Granary:Postgres:CommandTimeout");
        }

        (await probe.Store.DeleteAsync("p/0", version)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_log_that_throws_when_a_write_fails_neither_hangs_its_callers_nor_ends_the_writer()
    {
        await using var probe = new StoreProbe(_connection, o => o.CommandTimeout = TimeSpan.FromSeconds(1));
        var version = await probe.Store.WriteAsync("p/0", PartitionVersion.None);
        probe.BreakLog = true;
        await using (await BlockAsync("p/0"))
        {
            await Should.ThrowAsync<StorageException>(async () => await probe.Store.CommitAsync("p/0", version).AsTask().WaitAsync(TimeSpan.FromSeconds(60)));
        }

        probe.BreakLog = false;
        await probe.Store.WriteAsync("p/0", version).WaitAsync(TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task A_commit_that_is_cancelled_while_it_waits_writes_nothing()
    {
        await using var probe = new StoreProbe(_connection);
        using var cancellation = new CancellationTokenSource();
        var first = await probe.HoldAsync(Create("p/0"));

        var waiting = probe.Store.CommitAsync(Create("p/1"), cancellation.Token).AsTask();
        await cancellation.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(waiting);
        probe.Release();

        (await first[0]).Status.ShouldBe(CommitStatus.Committed);
        (await probe.Store.VersionAsync("p/1")).ShouldBe(PartitionVersion.None);
    }

    [Fact]
    public async Task A_commit_that_is_cancelled_after_the_writer_began_it_is_answered()
    {
        await using var probe = new StoreProbe(_connection);
        var version = await probe.Store.WriteAsync("p/0", PartitionVersion.None);
        using var cancellation = new CancellationTokenSource();
        Task<CommitResult> begun;
        await using (await BlockAsync("p/0"))
        {
            begun = probe.Store.CommitAsync(new PartitionCommit { Partition = "p/0", Expected = version, Writes = [] }, cancellation.Token).AsTask();
            await WaitForBlockedAsync();
            await cancellation.CancelAsync();
        }

        (await begun).Status.ShouldBe(CommitStatus.Committed);
    }

    [Fact]
    public async Task Closing_finishes_what_waits_and_refuses_what_comes()
    {
        var probe = new StoreProbe(_connection);
        var commits = await probe.HoldAsync([.. Enumerable.Range(0, 30).Select(i => Create($"p/{i}")), Create("p/0")]);

        var closing = probe.DisposeAsync().AsTask();
        (await Task.WhenAll(commits)).Count(r => r.Status == CommitStatus.Committed).ShouldBe(30);
        await closing;
        await probe.Store.DisposeAsync();

        await Should.ThrowAsync<ObjectDisposedException>(async () => await probe.Store.CommitAsync(Create("p/x")));
        await Should.ThrowAsync<ObjectDisposedException>(async () => await probe.Store.ReadAsync("p/0", StoreCalls.Everything));
        (await probe.Store.ProbeAsync()).Writable.ShouldBeFalse();
        (await Backends.ScalarAsync<long>(_connection, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"))
            .ShouldBe(0);
    }

    private static PartitionCommit Create(string partition, params DocumentWrite[] writes) =>
        new() { Partition = partition, Expected = PartitionVersion.None, Writes = writes };

    /// <summary>Holds the lock of a partition's row, as another process does within its group.</summary>
    private async Task<NpgsqlConnection> BlockAsync(string partition)
    {
        var connection = new NpgsqlConnection(_connection + ";Pooling=false");
        await connection.OpenAsync();
        await using var begin = new NpgsqlCommand($"BEGIN; SELECT FROM granary.partitions WHERE id = '{partition}' FOR UPDATE", connection);
        await begin.ExecuteNonQueryAsync();
        return connection;
    }

    private async Task WaitForBlockedAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (await Backends.ScalarAsync<long>(
            _connection, "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()") == 0)
        {
            await Task.Delay(5, limit.Token);
        }
    }
}
