using Granary.Core.Maintenance;
using Granary.Core.Storage;
using Granary.Llm.Audit;
using Microsoft.Extensions.Logging.Abstractions;

namespace Granary.Llm.Tests.Audit;

public sealed class AuditRetentionTests
{
    private readonly AuditFixture _audit = new(new AuditOptions { RetentionDays = 7 });

    [Fact]
    public async Task A_day_is_erased_when_its_time_is_over_and_not_before()
    {
        _audit.Log.Record(_audit.Call());
        await _audit.WriteAsync();
        var day = _audit.Today;
        _audit.Time.AdvanceTo(new DateTimeOffset(2026, 1, 8, 23, 59, 59, TimeSpan.Zero));
        (await MaintainAsync(_audit.Options)).ShouldBe(0);
        (await CallsAsync(day)).ShouldBe(1);
        _audit.Time.Advance(TimeSpan.FromSeconds(1));
        (await MaintainAsync(_audit.Options)).ShouldBe(1);
        (await CallsAsync(day)).ShouldBe(0);
        (await MaintainAsync(_audit.Options)).ShouldBe(0);
    }

    [Fact]
    public async Task A_day_written_under_a_shorter_setting_is_kept_as_long_as_the_present_one_says()
    {
        _audit.Log.Record(_audit.Call());
        await _audit.WriteAsync();
        var day = _audit.Today;
        var longer = new AuditOptions { RetentionDays = 30 };
        _audit.Time.AdvanceTo(new DateTimeOffset(2026, 1, 9, 0, 0, 0, TimeSpan.Zero));
        (await MaintainAsync(longer)).ShouldBe(1);
        (await MaintainAsync(longer)).ShouldBe(0);
        (await CallsAsync(day)).ShouldBe(1);
        _audit.Time.AdvanceTo(new DateTimeOffset(2026, 2, 1, 0, 0, 0, TimeSpan.Zero));
        (await MaintainAsync(longer)).ShouldBe(1);
        (await CallsAsync(day)).ShouldBe(0);
    }

    private async Task<long> CallsAsync(DateOnly day) => (await _audit.Reader.ReadAsync(new UsageQuery("acme", null, null, day, day))).Totals.Calls;

    private async Task<int> MaintainAsync(AuditOptions options)
    {
        var shard = PartitionShard.Of(AuditPartitions.Of("acme", new DateOnly(2026, 1, 1)));
        return await new MaintenanceShard(
            shard, _audit.Store, null!, _audit.Time, NullLogger<MaintenanceShard>.Instance, [new AuditRetention(_audit.Store, options, _audit.Time)])
            .WakeAsync(CancellationToken.None);
    }
}
