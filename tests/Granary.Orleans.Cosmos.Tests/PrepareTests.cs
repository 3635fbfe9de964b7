using System.Net;
using Granary.Core.Storage;
using Granary.Orleans.Conformance;
using Granary.Orleans.Conformance.Skipping;
using Granary.Orleans.Providers;
using Microsoft.Azure.Cosmos;

namespace Granary.Orleans.Cosmos.Tests;

[NeedsCosmos]
[Collection("cosmos")]
public sealed class PrepareTests(CosmosService service)
{
    private readonly CosmosProvider _provider = new();

    [ServiceFact]
    public async Task Containers_are_made_once_with_long_partition_keys_and_no_index_over_bodies()
    {
        var connection = CosmosConnection.Parse(service.Connection);
        await _provider.PrepareAsync(service.Uses, service.Connection);

        using var client = connection.CreateClient();
        ContainerProperties memory = await client.GetContainer(connection.Database, CosmosContainers.Memory).ReadContainerAsync();
        memory.PartitionKeyPath.ShouldBe("/PartitionKey");
        memory.PartitionKeyDefinitionVersion.ShouldBe(PartitionKeyDefinitionVersion.V2);
        memory.IndexingPolicy.ExcludedPaths.ShouldContain(path => path.Path == "/*");
    }

    [Fact]
    public async Task An_account_that_refuses_the_key_is_told()
    {
        var port = ProviderHost.FreePort();
        using var account = new HttpListener();
        account.Prefixes.Add($"http://127.0.0.1:{port}/");
        account.Start();
        _ = Task.Run(async () =>
        {
            while (account.IsListening)
            {
                var request = await account.GetContextAsync();
                request.Response.StatusCode = (int)HttpStatusCode.Unauthorized;
                request.Response.Close();
            }
        });

        var error = await Should.ThrowAsync<StorageException>(() =>
            _provider.PrepareAsync(ProviderUses.GrainStorage, $"AccountEndpoint=http://127.0.0.1:{port}/;AccountKey=c2VjcmV0;Mode=Gateway"));

        error.Message.ShouldContain($"http://127.0.0.1:{port}/ refuses the key");
        error.Message.ShouldNotContain("c2VjcmV0");
    }
}
