using FsCheck;
using FsCheck.Fluent;
using Granary.Conformance.Stores;
using Granary.Core.Storage;
using Granary.Llm.Audit;

namespace Granary.Llm.Tests.Audit;

public sealed class AuditWriterTests
{
    private readonly AuditFixture _audit = new();

    [Fact]
    public async Task Calls_and_the_totals_of_tenant_user_session_and_model_are_stored_together()
    {
        _audit.Log.Record(_audit.Call());
        _audit.Log.Record(_audit.Call(session: "s2"));
        _audit.Log.Record(_audit.Call("bob", model: "my-own-model"));
        _audit.Log.Record(_audit.Call(null, null, outcome: AuditOutcome.Failed));
        await _audit.WriteAsync();

        _audit.Store.Counts.Committed.ShouldBe(1);
        var all = (await _audit.TotalsAsync()).Totals;
        all.Calls.ShouldBe(4);
        all.IncompleteCalls.ShouldBe(1);
        all.InputTokens.ShouldBe(3_000);
        all.ToolCalls.ShouldBe(4);
        all.LatencyMs.ShouldBe(8_000);
        all.Cost.ShouldBe(2 * ((1_000 * 2.5m) + (10 * 10m)) / 1_000_000);
        all.UnpricedCalls.ShouldBe(1);
        (await _audit.TotalsAsync("ada")).Totals.Calls.ShouldBe(2);
        (await _audit.TotalsAsync("ada", "s2")).Totals.Calls.ShouldBe(1);
        (await _audit.TotalsAsync(by: UsageGrouping.User)).Groups.Select(g => (g.Name, g.Totals.Calls)).ShouldBe([("ada", 2L), ("bob", 1L)]);
        (await _audit.TotalsAsync(by: UsageGrouping.Model)).Groups.Select(g => (g.Name, g.Totals.Calls)).ShouldBe([("gpt-4o", 3L), ("my-own-model", 1L)]);
        (await _audit.TotalsAsync("ada", by: UsageGrouping.Session)).Groups.Select(g => g.Name).ShouldBe(["s1", "s2"]);
        (await _audit.CallsAsync()).Count.ShouldBe(4);
        (await _audit.CallsAsync("ada", "s2")).ShouldHaveSingleItem().Cost.ShouldBe(0.0026m);
    }

    [Fact]
    public async Task Commits_stay_within_the_stores_limits_whoever_calls()
    {
        var longest = new string('x', Ids.MaxLength - 4);
        for (var i = 0; i < 200; i++)
        {
            _audit.Log.Record(_audit.Call($"{longest}{i:0000}"[^128..], $"{longest}{i:0000}"[^128..], new string('ü', 5_000) + i));
        }

        await _audit.WriteAsync();
        (await _audit.TotalsAsync()).Totals.Calls.ShouldBe(200);
        (await _audit.CallsAsync()).Count.ShouldBe(200);
        _audit.Log.Dropped.ShouldBe(0);
    }

    [Fact]
    public async Task A_commit_that_another_process_overtakes_is_made_anew_of_what_that_one_wrote()
    {
        var other = new AuditFixture(beside: _audit);
        _audit.Log.Record(_audit.Call());
        other.Log.Record(_audit.Call());
        var gate = _audit.Store.HoldCommits();
        var first = _audit.WriteAsync();
        await gate.ArrivalAsync();
        var second = other.WriteAsync();
        await gate.ArrivalAsync();
        gate.Dispose();
        await Task.WhenAll(first, second);
        (await _audit.TotalsAsync("ada", "s1")).Totals.Calls.ShouldBe(2);
    }

    [Theory]
    [InlineData(FaultPoint.BeforeWrite)]
    [InlineData(FaultPoint.AfterWrite)]
    public async Task A_commit_of_unknown_outcome_is_counted_once_and_takes_no_newer_record_into_it(FaultPoint point)
    {
        _audit.Store.FailCommits(1, point);
        _audit.Log.Record(_audit.Call());
        await _audit.WriteAsync();
        _audit.Log.Record(_audit.Call());
        await _audit.WriteAsync();
        (await _audit.TotalsAsync("ada", "s1")).Totals.Calls.ShouldBe(2);
        (await _audit.CallsAsync()).Count.ShouldBe(2);
        _audit.Writer.Waiting.ShouldBe(0);
    }

    [Fact]
    public async Task What_the_store_does_not_take_waits_with_growing_pauses_and_is_not_lost()
    {
        _audit.Store.Crash();
        _audit.Log.Record(_audit.Call());
        _audit.Writer.Take();
        await _audit.Writer.WriteAsync(patient: true, CancellationToken.None);
        _audit.Store.Recover();
        await _audit.Writer.WriteAsync(patient: true, CancellationToken.None);
        _audit.Writer.Waiting.ShouldBe(1, "the pause is not over");
        _audit.Time.Advance(TimeSpan.FromSeconds(1));
        await _audit.Writer.WriteAsync(patient: true, CancellationToken.None);
        _audit.Writer.Waiting.ShouldBe(0);
        (await _audit.TotalsAsync()).Totals.Calls.ShouldBe(1);
    }

    [Fact]
    public async Task A_tenant_whose_day_cannot_be_written_does_not_hold_up_the_others()
    {
        _audit.Store.FailReads(1, partition => partition.StartsWith("audit/acme/", StringComparison.Ordinal));
        _audit.Log.Record(_audit.Call());
        _audit.Log.Record(_audit.Call(tenant: "other"));
        await _audit.WriteAsync();
        (await _audit.Reader.ReadAsync(new UsageQuery("other", null, null, _audit.Today, _audit.Today))).Totals.Calls.ShouldBe(1);
        _audit.Writer.Waiting.ShouldBe(1);
    }

    [Fact]
    public void Avoid_an_audit_that_blocks_or_breaks_the_call()
    {
        var audit = new AuditFixture(new AuditOptions { QueueCapacity = 100 });
        for (var i = 0; i < 150; i++)
        {
            audit.Log.Record(audit.Call());
        }

        audit.Log.Dropped.ShouldBe(50);
        audit.Log.Record(audit.Call(tenant: "no/tenant"));
        audit.Log.Record(audit.Call() with { Model = null! });
        audit.Log.Record(null!);
        audit.Log.Record(audit.Call() with { Usage = new ChatUsage(int.MaxValue, int.MaxValue) });
        audit.Log.Close();
        audit.Log.Record(audit.Call());
        audit.Log.Dropped.ShouldBe(55);
    }

    [Fact]
    public async Task Records_for_a_day_that_was_erased_are_dropped_and_counted()
    {
        var partition = AuditPartitions.Of("acme", _audit.Today);
        await _audit.Store.DeleteAsync(partition, PartitionVersion.None);
        _audit.Log.Record(_audit.Call());
        await _audit.WriteAsync();
        _audit.Log.Dropped.ShouldBe(1);
        _audit.Writer.Waiting.ShouldBe(0);
    }

    /// <summary>Two processes, faults of every kind between them: each call is in the list and in each total once.</summary>
    [Fact]
    public void Whatever_fails_each_record_counts_once()
    {
        var steps = Gen.Choose(0, 9).ListOf(40).ToArbitrary();
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(60), Prop.ForAll(steps, list => RunAsync(list).GetAwaiter().GetResult()));
    }

    private static async Task RunAsync(IEnumerable<int> steps)
    {
        var one = new AuditFixture();
        AuditFixture[] processes = [one, new AuditFixture(beside: one)];
        var recorded = 0;
        foreach (var step in steps)
        {
            var process = processes[step % 2];
            switch (step / 2)
            {
                case 0 or 1:
                    for (var i = 0; i <= step; i++)
                    {
                        process.Log.Record(process.Call($"user{i % 3}", $"s{i}", i % 2 == 0 ? "gpt-4o" : "gpt-4"));
                        recorded++;
                    }

                    break;
                case 2:
                    one.Store.FailCommits(1, step % 2 == 0 ? FaultPoint.BeforeWrite : FaultPoint.AfterWrite);
                    break;
                case 3:
                    one.Store.FailReads();
                    break;
                default:
                    await process.WriteAsync();
                    break;
            }
        }

        one.Store.Recover();
        foreach (var process in processes)
        {
            await process.WriteAsync();
        }

        (await one.TotalsAsync()).Totals.Calls.ShouldBe(recorded);
        (await one.TotalsAsync(by: UsageGrouping.User)).Groups.Sum(g => g.Totals.Calls).ShouldBe(recorded);
        (await one.TotalsAsync(by: UsageGrouping.Model)).Groups.Sum(g => g.Totals.InputTokens).ShouldBe(recorded * 1_000L);
        (await one.CallsAsync()).Count.ShouldBe(recorded);
    }
}
