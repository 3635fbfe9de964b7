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

    [Theory]
    [InlineData(ConsistencyLevel.Strong, 1, 3, null)]
    [InlineData(ConsistencyLevel.BoundedStaleness, 1, 1, null)]
    [InlineData(ConsistencyLevel.BoundedStaleness, 1, 2, "consistency-level Strong")]
    [InlineData(ConsistencyLevel.Session, 1, 1, "consistency-level Strong")]
    [InlineData(ConsistencyLevel.Eventual, 1, 1, "consistency-level Strong")]
    [InlineData(ConsistencyLevel.BoundedStaleness, 2, 2, "multiple-write-locations false")]
    public void An_account_must_show_every_silo_what_was_acknowledged(ConsistencyLevel consistency, int writable, int readable, string? fix)
    {
        var check = () => CosmosAccountCheck.Require(consistency, writable, readable);

        if (fix is null)
        {
            check.ShouldNotThrow();
        }
        else
        {
            check.ShouldThrow<StorageException>().Message.ShouldContain(fix);
        }
    }

    [Fact]
    public async Task An_account_is_asked_for_its_consistency_before_grain_storage_is_prepared()
    {
        var port = ProviderHost.FreePort();
        using var account = new HttpListener();
        account.Prefixes.Add($"http://127.0.0.1:{port}/");
        account.Start();
        var region = $$"""[{"name":"West Europe","databaseAccountEndpoint":"http://127.0.0.1:{{port}}/"}]""";
        var description = $$"""
            {"_self":"","id":"a","_rid":"a","media":"//media/","addresses":"//addresses/","_dbs":"//dbs/","enableMultipleWriteLocations":false,
            "writableLocations":{{region}},"readableLocations":{{region}},"userConsistencyPolicy":{"defaultConsistencyLevel":"Session"},
            "userReplicationPolicy":{"minReplicaSetSize":3,"maxReplicasetSize":4},"systemReplicationPolicy":{"minReplicaSetSize":3,"maxReplicasetSize":4},
            "readPolicy":{"primaryReadCoefficient":1,"secondaryReadCoefficient":1},"queryEngineConfiguration":"{}"}
            """;
        _ = Task.Run(async () =>
        {
            while (account.IsListening)
            {
                var request = await account.GetContextAsync();
                request.Response.ContentType = "application/json";
                request.Response.Close(System.Text.Encoding.UTF8.GetBytes(description), willBlock: false);
            }
        });

        var error = await Should.ThrowAsync<StorageException>(() =>
            _provider.PrepareAsync(ProviderUses.GrainStorage, $"AccountEndpoint=http://127.0.0.1:{port}/;AccountKey=c2VjcmV0"));

        error.Message.ShouldContain("default consistency is Session");
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
