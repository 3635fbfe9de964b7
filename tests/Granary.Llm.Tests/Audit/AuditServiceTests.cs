using Granary.Llm.Audit;
using Microsoft.Extensions.Logging.Abstractions;

namespace Granary.Llm.Tests.Audit;

public sealed class AuditServiceTests
{
    private readonly AuditFixture _audit = new();

    private AuditService Service() => new(_audit.Log, _audit.Writer, _audit.Options, _audit.Time, NullLogger<AuditService>.Instance);

    [Fact]
    public async Task Records_are_gathered_and_written_in_the_background()
    {
        using var service = Service();
        await service.StartAsync(CancellationToken.None);
        _audit.Log.Record(_audit.Call());
        await _audit.Time.UntilTimersAsync(1);
        _audit.Store.Counts.Commits.ShouldBe(0);
        using var gate = _audit.Store.HoldCommits();
        _audit.Time.Advance(_audit.Options.FlushInterval);
        (await gate.ArrivalAsync()).Partition.ShouldBe("audit/acme/2026-01-01");
        gate.Dispose();
        await service.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task A_stop_writes_what_still_waits()
    {
        using var service = Service();
        await service.StartAsync(CancellationToken.None);
        for (var i = 0; i < 120; i++)
        {
            _audit.Log.Record(_audit.Call($"user{i}"));
        }

        await service.StopAsync(CancellationToken.None);
        (await _audit.TotalsAsync()).Totals.Calls.ShouldBe(120);
        _audit.Log.Dropped.ShouldBe(0);
    }

    [Fact]
    public async Task A_stop_while_the_store_is_down_counts_what_is_lost_and_does_not_wait_for_ever()
    {
        using var service = Service();
        await service.StartAsync(CancellationToken.None);
        _audit.Store.Crash();
        _audit.Log.Record(_audit.Call());
        await _audit.Time.UntilTimersAsync(1);
        var stop = service.StopAsync(CancellationToken.None);
        for (var i = 0; i < 2; i++)
        {
            await _audit.Time.UntilTimersAsync(1);
            _audit.Time.Advance(TimeSpan.FromSeconds(1));
        }

        await stop.WaitAsync(TimeSpan.FromSeconds(30));
        _audit.Log.Dropped.ShouldBe(1);
    }
}
