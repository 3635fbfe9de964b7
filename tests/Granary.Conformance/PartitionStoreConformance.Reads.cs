using Granary.Core.Storage;

namespace Granary.Conformance;

public abstract partial class PartitionStoreConformance
{
    [Fact]
    public async Task Documents_come_in_ordinal_order_of_their_ids()
    {
        string[] ids = ["a", "A", "a:", "a:1", "a-1", "a:10", "a:2", "B", "Z", "z", "0", "-", ":", "a1", "aa"];
        await Store.WriteAsync(P, PartitionVersion.None, [.. ids.Select(id => StoreCalls.Put(id, id))]);

        var read = await Store.ReadAsync(P, StoreCalls.Everything);

        read.Documents.Select(d => d.Id).ShouldBe(ids.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_range_includes_its_start_and_excludes_its_end()
    {
        await WriteAsync("m:1", "m:2", "m:3", "m:4", "n:1");

        (await IdsAsync(new DocumentRange("m:2", "m:4"))).ShouldBe(["m:2", "m:3"]);
        (await IdsAsync(new DocumentRange("m:2", "m:2"))).ShouldBeEmpty();
        (await IdsAsync(new DocumentRange("m:4", "m:2"))).ShouldBeEmpty();
        (await IdsAsync(new DocumentRange("m:25", "z"))).ShouldBe(["m:3", "m:4", "n:1"]);
        (await IdsAsync(new DocumentRange("", "m:2"))).ShouldBe(["m:1"]);
        (await IdsAsync(DocumentRange.Prefix("m:"))).ShouldBe(["m:1", "m:2", "m:3", "m:4"]);
        (await IdsAsync(DocumentRange.Prefix("o:"))).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_floor_begins_at_the_greatest_id_that_is_not_after_the_start()
    {
        await WriteAsync("h", "m:10", "m:20", "m:30", "o:1");
        var range = new DocumentRange("m:25", "m;") { Floor = "m:" };

        (await IdsAsync(range)).ShouldBe(["m:20", "m:30"]);
        (await IdsAsync(range with { From = "m:20" })).ShouldBe(["m:20", "m:30"]);
        (await IdsAsync(range with { From = "m:99" })).ShouldBe(["m:30"]);
        (await IdsAsync(range with { From = "m:25", To = "m:25" })).ShouldBe(["m:20"]);
    }

    [Fact]
    public async Task A_floor_without_a_document_begins_at_the_start()
    {
        await WriteAsync("h", "m:10", "m:20", "o:1");

        (await IdsAsync(new DocumentRange("m:05", "m;") { Floor = "m:" })).ShouldBe(["m:10", "m:20"]);
        (await IdsAsync(new DocumentRange("m:15", "m;") { Floor = "m:12" })).ShouldBe(["m:20"]);
        (await IdsAsync(new DocumentRange("k:1", "k;") { Floor = "k:" })).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_page_ends_at_its_limit_and_names_the_next_id()
    {
        await WriteAsync("m:1", "m:2", "m:3", "m:4", "m:5");
        var range = DocumentRange.Prefix("m:") with { Limit = 2 };

        var first = await Store.ReadAsync(P, range);
        first.Documents.Select(d => d.Id).ShouldBe(["m:1", "m:2"]);
        first.Next.ShouldBe("m:3");
        var second = await Store.ReadAsync(P, range with { From = "m:3" });
        second.Documents.Select(d => d.Id).ShouldBe(["m:3", "m:4"]);
        second.Next.ShouldBe("m:5");
        var third = await Store.ReadAsync(P, range with { From = "m:5" });
        third.Documents.Select(d => d.Id).ShouldBe(["m:5"]);
        third.Next.ShouldBeNull();
        (await Store.ReadAsync(P, range with { Limit = 5 })).Next.ShouldBeNull();
    }

    [Fact]
    public async Task A_page_ends_by_bytes_and_holds_at_least_one_document()
    {
        var version = PartitionVersion.None;
        int[] sizes = [400_000, 400_000, 300_000, 1_200_000, 1_200_000, 10, 10];
        for (var i = 0; i < sizes.Length; i++)
        {
            version = await Store.WriteAsync(P, version, DocumentWrite.Put($"m:{i}", new byte[sizes[i]]));
        }

        var pages = new List<int[]>();
        for (string? from = "m:"; from is not null;)
        {
            var page = await Store.ReadAsync(P, new DocumentRange(from, "m;"));
            pages.Add([.. page.Documents.Select(d => d.Body.Length)]);
            from = page.Next;
        }

        pages.ShouldBe([[400_000, 400_000], [300_000], [1_200_000], [1_200_000], [10, 10]]);
    }

    [Fact]
    public async Task A_full_page_of_small_documents_holds_256()
    {
        var version = PartitionVersion.None;
        for (var i = 0; i < 6; i++)
        {
            version = await Store.WriteAsync(P, version, [.. Enumerable.Range(i * 50, 50).Select(n => StoreCalls.Put($"m:{n:D4}", "x"))]);
        }

        var page = await Store.ReadAsync(P, DocumentRange.Prefix("m:"));

        page.Documents.Count.ShouldBe(StorageLimits.MaxDocumentsPerPage);
        page.Next.ShouldBe("m:0256");
        (await Store.ReadAllAsync(P, DocumentRange.Prefix("m:"))).Count.ShouldBe(300);
    }

    [Fact]
    public async Task Get_returns_the_named_documents_in_order_once_each_and_leaves_out_the_missing()
    {
        var version = await WriteAsync("a", "b", "c", "d");

        var page = await Store.GetAsync(P, ["d", "x", "b", "d", "a"]);

        page.Version.ShouldBe(version);
        page.Next.ShouldBeNull();
        page.Documents.Select(d => d.Id).ShouldBe(["a", "b", "d"]);
    }

    [Fact]
    public async Task Get_returns_more_than_a_page_of_bytes()
    {
        var version = PartitionVersion.None;
        for (var i = 0; i < 3; i++)
        {
            version = await Store.WriteAsync(P, version, DocumentWrite.Put($"m:{i}", new byte[1_000_000]));
        }

        (await Store.GetAsync(P, ["m:0", "m:1", "m:2"])).Documents.Count.ShouldBe(3);
    }

    [Fact]
    public async Task A_page_and_its_version_belong_to_the_same_moment()
    {
        // Each commit writes its number into two documents far apart; a page that mixes two commits shows two numbers.
        var version = await Store.WriteAsync(P, PartitionVersion.None, StoreCalls.Put("a", "0"), StoreCalls.Put("z", "0"));
        var numbers = new System.Collections.Concurrent.ConcurrentDictionary<PartitionVersion, string> { [version] = "0" };
        using var stop = new CancellationTokenSource();
        var writer = Task.Run(async () =>
        {
            for (var i = 1; i <= 60; i++)
            {
                version = await Store.WriteAsync(P, version, StoreCalls.Put("a", $"{i}"), StoreCalls.Put("z", $"{i}"));
                numbers[version] = $"{i}";
            }

            await stop.CancelAsync();
        });

        var seen = new List<(PartitionVersion Version, string A, string Z)>();
        while (!stop.IsCancellationRequested)
        {
            foreach (var page in new[] { await Store.ReadAsync(P, StoreCalls.Everything), await Store.GetAsync(P, ["a", "z"]) })
            {
                seen.Add((page.Version, Text(page.Documents[0]), Text(page.Documents[1])));
            }

            await Task.Yield();
        }

        await writer;
        seen.ShouldAllBe(s => s.A == s.Z && numbers[s.Version] == s.A);

        static string Text(Document document) => System.Text.Encoding.UTF8.GetString(document.Body.Span);
    }

    private Task<PartitionVersion> WriteAsync(params string[] ids) =>
        Store.WriteAsync(P, PartitionVersion.None, [.. ids.Select(id => StoreCalls.Put(id, id))]);

    private async Task<IEnumerable<string>> IdsAsync(DocumentRange range)
    {
        var page = await Store.ReadAsync(P, range);
        page.Next.ShouldBeNull();
        return page.Documents.Select(d => d.Id);
    }
}
