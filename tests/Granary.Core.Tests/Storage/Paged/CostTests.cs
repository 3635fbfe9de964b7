using System.Globalization;
using Granary.Conformance;
using Granary.Conformance.Stores;
using Granary.Conformance.Time;
using Granary.Core.Storage;
using Granary.Core.Storage.Paged;
using Xunit.Abstractions;

namespace Granary.Core.Tests.Storage.Paged;

/// <summary>What calls cost in records read and written, and how large heads become.</summary>
public sealed class CostTests(ITestOutputHelper output)
{
    private const string P = "session/acme/alice/s-1";

    private readonly ManualTimeProvider _time = new();
    private readonly InMemoryRecordStore _inner = new();

    [Theory]
    [InlineData(100, 1_000)]
    [InlineData(10_000, 1_000)]
    [InlineData(100_000, 100)]
    public async Task An_append_costs_little_more_than_one_write_and_the_head_stays_small_however_long_the_log(int appends, int bytes)
    {
        var (records, store) = Open();
        var body = new byte[bytes];
        var version = await store.WriteAsync(P, PartitionVersion.None, StoreCalls.Put("h", "head"), StoreCalls.Put("e:1", "epoch"));
        var before = (records.Writes, records.Deletes, records.Reads);
        var largest = 0;
        for (var i = 1; i <= appends; i++)
        {
            version = await store.WriteAsync(P, version, DocumentWrite.Insert($"m:{i:d20}", body));
            if (i % 101 == 0)
            {
                largest = Math.Max(largest, _inner.RecordsOf(P)["head"]);
                _time.Advance(TimeSpan.FromMinutes(20));
            }
        }

        var (writes, deletes, reads) = (records.Writes - before.Writes, records.Deletes - before.Deletes, records.Reads - before.Reads);
        var (fresh, reopened) = Open();
        await reopened.GetAsync(P, ["h"]);
        await reopened.ReadAsync(P, new DocumentRange($"m:{appends - 9:d20}", "m;") { Floor = "m:" });
        largest = Math.Max(largest, _inner.RecordsOf(P)["head"]);
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"appends={appends} of {bytes} bytes: writes/append={(double)writes / appends:f3}, removals/append={(double)deletes / appends:f3}, "
            + $"reads/append={(double)reads / appends:f4}, largest head={largest} bytes, records={_inner.RecordsOf(P).Count}, "
            + $"records read to open={fresh.Reads} in two calls"));

        ((double)writes / appends).ShouldBeLessThan(1.3);
        largest.ShouldBeLessThan(64 * 1024);
        fresh.Reads.ShouldBe(2, "the head, once for each call");
    }

    [Fact]
    public async Task A_read_in_the_middle_of_a_long_log_touches_the_pages_of_its_range_only()
    {
        var (_, store) = Open();
        var version = PartitionVersion.None;
        for (var i = 1; i <= 10_000; i++)
        {
            version = await store.WriteAsync(P, version, DocumentWrite.Insert($"m:{i:d20}", new byte[1_000]));
        }

        var (fresh, reopened) = Open();
        (await reopened.ReadAsync(P, new DocumentRange("m:00000000000000005000", "m;") { Limit = 10 })).Documents.Count.ShouldBe(10);

        fresh.Reads.ShouldBeLessThanOrEqualTo(4, "head, index, one page of documents or two");
    }

    [Fact]
    public async Task Random_writes_to_ten_thousand_documents_keep_the_head_within_its_bound()
    {
        var (records, store) = Open();
        var random = new Random(5);
        var version = PartitionVersion.None;
        var largest = 0;
        for (var i = 0; i < 10_000; i += 50)
        {
            version = await store.WriteAsync(P, version, [.. Enumerable.Range(i, 50).Select(n => Record(n * 7919 % 10_000, 300))]);
        }

        var before = records.Writes;
        const int writes = 1_000;
        for (var i = 0; i < writes; i++)
        {
            version = await store.WriteAsync(P, version, Record(random.Next(10_000), random.Next(600)));
            largest = Math.Max(largest, _inner.RecordsOf(P)["head"]);
        }

        var perPut = (double)(records.Writes - before) / writes;
        output.WriteLine($"map of 10,000: writes per put={perPut:f3}, largest head={largest} bytes, records={_inner.RecordsOf(P).Count}");
        largest.ShouldBeLessThan(256 * 1024);
        perPut.ShouldBeLessThan(2.2);

        static DocumentWrite Record(int number, int bytes) => DocumentWrite.Put($"r:{number:d5}", new byte[bytes]);
    }

    [Fact]
    public async Task The_largest_documents_with_the_longest_ids_keep_the_head_within_its_bound()
    {
        var (_, store) = Open();
        var version = PartitionVersion.None;
        var pad = new string('x', 440);
        var largest = 0;
        for (var i = 0; i < 400; i++)
        {
            var size = (i % 4) switch { 0 => 64 * 1024, 1 => 30_000, 2 => 100, _ => 200_000 };
            version = await store.WriteAsync(P, version, DocumentWrite.Put($"{(i % 2 == 0 ? "m" : "r")}:{pad}{i * 7 % 400:d6}", new byte[size]));
            largest = Math.Max(largest, _inner.RecordsOf(P)["head"]);
        }

        output.WriteLine($"largest head={largest} bytes");
        largest.ShouldBeLessThanOrEqualTo(256 * 1024);
    }

    [Fact]
    public async Task A_head_that_would_be_too_large_is_refused_with_its_size_and_nothing_is_written()
    {
        var options = new PagedStoreOptions { Limits = new PagedLimits { MaxHeadBytes = 400 } };
        var store = new PagedPartitionStore(_inner, NoDueList.Instance, _time, options);
        var version = await store.WriteAsync(P, PartitionVersion.None, StoreCalls.Put("a", "1"));

        var error = await Should.ThrowAsync<StorageException>(async () => await store.CommitAsync(P, version, DocumentWrite.Put("b", new byte[1_000])));

        error.Message.ShouldContain("nothing was written");
        (await store.ReadTextsAsync(P)).Keys.ShouldBe(["a"]);
        (await store.VersionAsync(P)).ShouldBe(version);
    }

    private (FaultyRecordStore Records, PagedPartitionStore Store) Open()
    {
        var records = new FaultyRecordStore(_inner);
        return (records, new PagedPartitionStore(records, NoDueList.Instance, _time));
    }
}
