using Granary.Orleans.Conformance;
using Granary.Orleans.Conformance.Skipping;
using Microsoft.Azure.Cosmos;
using Newtonsoft.Json.Linq;

namespace Granary.Orleans.Cosmos.Tests;

[NeedsCosmos]
[Collection("cosmos")]
public sealed class GrainStorageTests(CosmosService service) : GrainStorageConformance(service)
{
    [ServiceFact]
    public async Task A_memory_partition_is_a_logical_partition_and_a_body_is_base64()
    {
        var partition = $"session/acme/ann/{ProviderHost.NewName("s")}";
        await WriteAsync(partition, "head", null, [1, 2, 3]);
        await WriteAsync(partition, "page:7", null, [4]);

        using var client = CosmosConnection.Parse(service.Connection).CreateClient();
        var container = client.GetContainer(CosmosConnection.Parse(service.Connection).Database, CosmosContainers.Memory);
        var options = new QueryRequestOptions { PartitionKey = new PartitionKey(partition) };
        using var query = container.GetItemQueryIterator<JObject>("SELECT * FROM c", requestOptions: options);
        var items = (await query.ReadNextAsync()).OrderBy(item => (string?)item["id"], StringComparer.Ordinal).ToList();

        items.Count.ShouldBe(2);
        ((string?)items[0]["id"]).ShouldNotBeNull().ShouldEndWith("!page!record!head");
        ((string?)items[0]["PartitionKey"]).ShouldBe(partition);
        ((string?)items[0]["State"]?["Body"]).ShouldBe("AQID");
        ((string?)items[1]["id"]).ShouldNotBeNull().ShouldEndWith("!page!record!page:7");
    }

    [ServiceFact]
    public async Task The_largest_body_fits_under_the_longest_names_and_a_larger_one_is_refused_with_the_reason()
    {
        var partition = $"session/{new string('t', 128)}/{new string('u', 128)}/{new string('s', 128)}";
        var record = new string('/', 200);
        var etag = await WriteAsync(partition, record, null, new byte[CosmosProvider.MaxRecordBytes]);

        var error = await Should.ThrowAsync<Exception>(() => WriteAsync(partition, record, etag, new byte[CosmosProvider.MaxRecordBytes + 4_096]));

        error.Message.ShouldContain("does not fit an item of Cosmos DB");
        error.Message.ShouldContain($"{CosmosProvider.MaxRecordBytes:N0}");
    }
}
