using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Runtime;

namespace Granary.Orleans.Cosmos.Tests;

public sealed class PartitionDocumentIdsTests
{
    private static readonly PartitionDocumentIds Ids = new(Options.Create(new ClusterOptions { ServiceId = "granary" }));

    [Fact]
    public async Task A_record_of_a_partition_has_a_readable_id()
    {
        var ids = await Ids.GetDocumentIdentifiers("record", GrainId.Create("page", "session/acme/ann@x.org/a_b.c#page:17"));

        ids.ShouldBe(("granary!page!record!page:17", "session/acme/ann@x.org/a_b.c"));
    }

    [Fact]
    public async Task A_key_without_a_record_is_all_partition() =>
        (await Ids.GetDocumentIdentifiers("head", GrainId.Create("shard", "due/17"))).ShouldBe(("granary!shard!head!", "due/17"));

    [Fact]
    public async Task What_cosmos_forbids_in_an_id_is_escaped() =>
        (await Ids.GetDocumentIdentifiers("s/t", GrainId.Create("page", "p#a/b\\c?d#e~f!g ä"))).DocumentId
            .ShouldBe("granary!page!s~2Ft!a~2Fb~5Cc~3Fd~23e~7Ef~21g~20~C3~A4");

    [Fact]
    public void Different_records_have_different_ids_that_cosmos_allows()
    {
        var names = Gen.Elements("head", "a", "~", "~2F", "/", "!", "h", "#", "?", "ä", new string('x', 200)).ArrayOf().Select(string.Concat);
        Prop.ForAll(names.Zip(names).ToArbitrary(), pair =>
        {
            var one = IdOf(pair.Item1);
            var other = IdOf(pair.Item2);
            (one == other).ShouldBe(pair.Item1 == pair.Item2);
            one.IndexOfAny(['/', '\\', '?', '#', '%']).ShouldBe(-1);
            Encoding.UTF8.GetByteCount(one).ShouldBeLessThanOrEqualTo(255);
        }).QuickCheckThrowOnFailure();
    }

    private static string IdOf(string record) =>
        Ids.GetDocumentIdentifiers("record", GrainId.Create("page", $"p#{record}")).AsTask().GetAwaiter().GetResult().DocumentId;
}
