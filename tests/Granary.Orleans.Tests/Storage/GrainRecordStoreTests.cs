using Granary.Conformance;
using Granary.Conformance.Stores;
using Granary.Conformance.Time;
using Granary.Core.Storage;
using Granary.Core.Storage.Paged;
using Granary.Core.Tests.Storage.Paged.Histories;
using Granary.Orleans.Storage;
using Xunit.Abstractions;

namespace Granary.Orleans.Tests.Storage;

/// <summary>The paged store over grain storage: what two silos do at the same time, and what a provider repeats by itself.</summary>
public sealed class GrainRecordStoreTests(ITestOutputHelper output)
{
    private const string P = "session/t/u/1";
    private const int Histories = 400;

    private readonly ManualTimeProvider _time = new();
    private readonly InMemoryRecordStore _records = new();

    [Fact]
    public async Task A_spill_that_lost_to_maintenance_of_another_silo_is_done_again()
    {
        var due = new InMemoryDueList(_time);
        var (a, b) = (Open(due), Open(due));
        var options = new PagedStoreOptions();
        var version = PartitionVersion.None;
        for (var i = 0; i < (options.LogRun * 2) - 1; i++)
        {
            // The second is due later than the first: maintenance finds a false entry, and writes the head to move it.
            version = await a.WriteAsync(new PartitionCommit
            {
                Partition = P, Expected = version, Writes = [StoreCalls.Insert($"m:{i:d4}", $"{i}")], DueAt = _time.GetUtcNow().AddMinutes(i == 0 ? 1 : 60),
            });
        }

        _time.Advance(TimeSpan.FromMinutes(2));
        (await b.DueAsync(PartitionShard.Of(P), _time.GetUtcNow(), 10)).ShouldBeEmpty();

        version = await a.WriteAsync(P, version, StoreCalls.Insert("m:9999", "the one that spills"));

        _records.RecordsOf(P).Keys.Count(r => r.EndsWith("-0", StringComparison.Ordinal)).ShouldBe(2, "the page that lost, and the one that is named");
        (await b.VersionAsync(P)).ShouldBe(version);
        (await b.ReadTextsAsync(P)).Count.ShouldBe(options.LogRun * 2);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_removal_that_another_silo_was_ahead_of_is_a_success(bool named)
    {
        var etag = await _records.WriteAsync(P, "p1-0", new byte[3], null);
        var storage = new RecordGrainStorage(_records) { BeforeClear = (partition, record) => _records.DeleteAsync(partition, record, null) };

        await new GrainRecordStore(storage).DeleteAsync(P, "p1-0", named ? etag : null);

        _records.RecordsOf(P).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_removal_of_a_record_that_was_replaced_meanwhile_takes_it_only_where_it_names_none(bool named)
    {
        var etag = await _records.WriteAsync(P, "p1-0", new byte[3], null);
        var left = 1;
        var storage = new RecordGrainStorage(_records)
        {
            BeforeClear = async (partition, record) => _ = left-- > 0 ? await _records.WriteAsync(partition, record, new byte[4], etag) : etag,
        };
        var removal = async () => await new GrainRecordStore(storage).DeleteAsync(P, "p1-0", named ? etag : null);

        await (named ? Should.ThrowAsync<RecordConflictException>(removal) : removal());

        _records.RecordsOf(P).Count.ShouldBe(named ? 1 : 0);
    }

    [Fact]
    public void Random_histories_over_grain_storage_lose_double_or_mix_up_nothing_and_leave_every_partition_writable()
    {
        var all = new HistoryCounts();
        var found = new List<string>();
        for (var seed = 1; seed <= Histories; seed++)
        {
            var history = new History(seed, Variant.Sound, (records, isOdd) => new GrainRecordStore(new RecordGrainStorage(records, isOdd)));
            history.Run();
            all.Add(history.Counts);
            found.AddRange(history.Violations.Take(1).Select(v => $"seed {seed}: {v}"));
        }

        output.WriteLine($"{all}");
        found.ShouldBeEmpty();
        all.Acked.ShouldBeGreaterThan(Histories * 10);
        all.Flushes.ShouldBeGreaterThan(Histories);
    }

    private PagedPartitionStore Open(IDueList due) => new(new GrainRecordStore(new RecordGrainStorage(_records)), due, _time);
}
