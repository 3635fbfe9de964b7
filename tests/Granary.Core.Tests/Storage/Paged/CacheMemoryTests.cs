using Granary.Conformance.Time;
using Granary.Core.Storage.Paged;

namespace Granary.Core.Tests.Storage.Paged;

/// <summary>Measures the process's heap: nothing else may run meanwhile.</summary>
[CollectionDefinition(nameof(CacheMemoryTests), DisableParallelization = true)]
public sealed class CacheMemoryCollection;

/// <summary>The caches take as much memory as their limit says, whatever is in them.</summary>
[Collection(nameof(CacheMemoryTests))]
public sealed class CacheMemoryTests
{
    private const long Limit = 8 * 1024 * 1024;

    private static readonly PagedStoreOptions Options = new() { HeadCacheBytes = Limit, PageCacheBytes = Limit };

    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(30, 20, 4)]
    [InlineData(30, 400, 30)]
    [InlineData(20, 4_000, 60)]
    public async Task Heads_take_what_the_limit_says(int documents, int bytes, int pages)
    {
        var now = DateTimeOffset.UnixEpoch.AddYears(60);
        var head = new PartitionHead
        {
            Version = 1L << 60,
            NextFlush = 1L << 60,
            Tokens = [.. Enumerable.Range(0, PartitionHead.TokenCount).Select(i => (long)i)],
            Listed = new ListedDue(now, "0123456789abcdef0123456789abcdef"),
            Tail = [.. Enumerable.Range(0, documents).Select(i => new TailDocument($"m:{i:D20}", StoredBody.Inline(new byte[bytes]), true, i))],
            Root = [.. Enumerable.Range(0, pages).Select(Reference)],
            Garbage = [.. Enumerable.Range(0, pages).Select(i => new Garbage(GarbageKind.Page, new PageId(1L << 60, i), now))],
        };
        var heads = new HeadStore(new RecordGateway(new Records(HeadCodec.Encode(head)), Options), new ManualTimeProvider(), Options);

        await FillAsync(heads, i => heads.ReadAsync(Partition(i), CancellationToken.None));
    }

    [Theory]
    [InlineData(256, 20)]
    [InlineData(100, 600)]
    [InlineData(2, 60_000)]
    public async Task Pages_of_documents_take_what_the_limit_says(int documents, int bytes)
    {
        var page = new LeafPage([.. Enumerable.Range(0, documents).Select(i => new StoredDocument($"m:{i:D20}", StoredBody.Inline(new byte[bytes])))]);
        var gateway = new RecordGateway(new Records(PageCodec.Encode(page, 1)), Options);

        await FillAsync(gateway, i => gateway.ReadPageAsync<LeafPage>(Partition(i), new PageId(i, 0), CancellationToken.None));
    }

    [Fact]
    public async Task Pages_of_pages_take_what_the_limit_says()
    {
        var gateway = new RecordGateway(new Records(PageCodec.Encode(new IndexPage([.. Enumerable.Range(0, 64).Select(Reference)]), 1)), Options);

        await FillAsync(gateway, i => gateway.ReadPageAsync<IndexPage>(Partition(i), new PageId(i, 0), CancellationToken.None));
    }

    /// <summary>Reads until the cache has long been full, and looks at the heap.</summary>
    private static async Task FillAsync<T>(object cache, Func<int, ValueTask<T>> read)
    {
        // What the first calls leave behind for good.
        await read(0);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var allocated = GC.GetTotalAllocatedBytes();
        for (var i = 0; GC.GetTotalAllocatedBytes() - allocated < 6 * Limit; i++)
        {
            await read(i);
        }

        var taken = GC.GetTotalMemory(forceFullCollection: true) - before;
        GC.KeepAlive(cache);
        (taken / (double)Limit).ShouldBeInRange(0.8, 1.2);
    }

    private static PageRef Reference(int i) => new($"m:{i * 100:D20}", $"m:{(i * 100) + 99:D20}", new PageId(1L << 60, i), 100, 10_000, false);

    private static string Partition(int i) => $"session/some-tenant/some-user/session-{i:D8}";

    /// <summary>Answers every question with a record of its own, as a medium does.</summary>
    private sealed class Records(ReadOnlyMemory<byte> body) : IRecordStore
    {
        public ValueTask<StoredRecord?> ReadAsync(string partition, string record, CancellationToken cancellationToken = default) =>
            ValueTask.FromResult<StoredRecord?>(new StoredRecord(body.ToArray(), Guid.NewGuid().ToString()));

        public ValueTask<string> WriteAsync(string partition, string record, ReadOnlyMemory<byte> body, string? etag, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public ValueTask DeleteAsync(string partition, string record, string? etag, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();
    }
}
