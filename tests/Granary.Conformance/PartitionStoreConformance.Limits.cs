using Granary.Core.Storage;

namespace Granary.Conformance;

public abstract partial class PartitionStoreConformance
{
    [Fact]
    public async Task A_commit_at_its_limits_is_written()
    {
        const int perDocument = StorageLimits.MaxBytesPerCommit / StorageLimits.MaxDocumentsPerCommit;
        var writes = Enumerable.Range(0, StorageLimits.MaxDocumentsPerCommit)
            .Select(i => DocumentWrite.Insert($"m:{i:D2}", new byte[perDocument - 4])).ToArray();

        await Store.WriteAsync(P, PartitionVersion.None, writes);

        (await Store.ReadAllAsync(P, DocumentRange.Prefix("m:"))).Sum(d => d.Body.Length).ShouldBe(50 * (perDocument - 4));
    }

    [Fact]
    public async Task A_commit_over_a_limit_is_an_argument_error_that_writes_nothing()
    {
        var version = await Store.WriteAsync(P, PartitionVersion.None, StoreCalls.Put("a", "1"));
        DocumentWrite[][] tooMuch =
        [
            [.. Enumerable.Range(0, StorageLimits.MaxDocumentsPerCommit + 1).Select(i => StoreCalls.Put($"m:{i}", "x"))],
            [DocumentWrite.Put("m:1", new byte[StorageLimits.MaxBytesPerCommit - 2])],
            [DocumentWrite.Put("m:1", new byte[800_000]), DocumentWrite.Put("m:2", new byte[800_000])],
            [StoreCalls.Put("m:1", "x"), StoreCalls.Put("m:2", "y"), DocumentWrite.Delete("m:1")],
            [new DocumentWrite(WriteKind.Delete, "a", new byte[1])],
            [new DocumentWrite((WriteKind)9, "a", default)],
        ];

        foreach (var writes in tooMuch)
        {
            await Should.ThrowAsync<ArgumentException>(async () => await Store.CommitAsync(P, version, writes));
        }

        (await Store.VersionAsync(P)).ShouldBe(version);
        (await Store.ReadTextsAsync(P)).ShouldBe(new Dictionary<string, string> { ["a"] = "1" });
    }

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("a/b")]
    [InlineData("a_b")]
    [InlineData("a.b")]
    [InlineData("a\0")]
    [InlineData("a\n")]
    [InlineData("\u00e4")]
    [InlineData("\u0661")]
    [InlineData(null)]
    public async Task A_document_id_outside_the_grammar_is_an_argument_error(string? id)
    {
        await Should.ThrowAsync<ArgumentException>(async () => await Store.CommitAsync(P, PartitionVersion.None, DocumentWrite.Put(id!, default)));
        await Should.ThrowAsync<ArgumentException>(async () => await Store.GetAsync(P, [id!]));
        (await Store.VersionAsync(P)).ShouldBe(PartitionVersion.None);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("a\n")]
    [InlineData("\u00e4")]
    [InlineData("\u007f")]
    [InlineData(null)]
    public async Task A_partition_id_outside_the_grammar_is_an_argument_error_everywhere(string? partition)
    {
        await Should.ThrowAsync<ArgumentException>(async () => await Store.CommitAsync(partition!, PartitionVersion.None));
        await Should.ThrowAsync<ArgumentException>(async () => await Store.ReadAsync(partition!, StoreCalls.Everything));
        await Should.ThrowAsync<ArgumentException>(async () => await Store.GetAsync(partition!, ["a"]));
        await Should.ThrowAsync<ArgumentException>(async () => await Store.DeleteAsync(partition!, PartitionVersion.None));
        await Should.ThrowAsync<ArgumentException>(async () => await Store.PurgeAsync(partition!));
    }

    [Fact]
    public async Task Ids_may_be_as_long_as_the_limits_and_not_longer()
    {
        var partition = new string('~', StorageLimits.MaxPartitionIdLength);
        var document = new string('z', StorageLimits.MaxDocumentIdLength);

        await Store.WriteAsync(partition, PartitionVersion.None, StoreCalls.Put(document, "x"));
        (await Store.ReadTextsAsync(partition)).Keys.ShouldBe([document]);
        (await Store.GetAsync(partition, [document])).Documents.Count.ShouldBe(1);
        (await Store.ReadAllAsync(partition, DocumentRange.Prefix(document))).Count.ShouldBe(1);

        await Should.ThrowAsync<ArgumentException>(async () => await Store.CommitAsync(partition + "~", PartitionVersion.None));
        await Should.ThrowAsync<ArgumentException>(async () => await Store.CommitAsync(P, PartitionVersion.None, StoreCalls.Put(document + "z", "x")));
    }

    [Fact]
    public async Task Reads_outside_their_limits_are_argument_errors()
    {
        DocumentRange[] ranges =
        [
            default,
            new(null!, "z"),
            new("a", null!),
            new("a", "z") { Limit = 0 },
            new("a", "z") { Limit = StorageLimits.MaxDocumentsPerPage + 1 },
            new("a", "\u00e4"),
        ];
        foreach (var range in ranges)
        {
            await Should.ThrowAsync<ArgumentException>(async () => await Store.ReadAsync(P, range));
        }

        var ids = Enumerable.Range(0, StorageLimits.MaxIdsPerGet + 1).Select(i => $"m:{i}").ToArray();
        await Should.ThrowAsync<ArgumentException>(async () => await Store.GetAsync(P, ids));
        (await Store.GetAsync(P, ids[1..])).Documents.ShouldBeEmpty();
        await Should.ThrowAsync<ArgumentException>(async () => await Store.DueAsync(-1, Now, 1));
        await Should.ThrowAsync<ArgumentException>(async () => await Store.DueAsync(PartitionShard.Count, Now, 1));
        await Should.ThrowAsync<ArgumentException>(async () => await Store.DueAsync(0, Now, 0));
    }
}
