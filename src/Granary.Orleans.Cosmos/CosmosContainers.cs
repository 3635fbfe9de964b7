using System.Net;
using Granary.Core.Storage;
using Granary.Orleans.Providers;
using Microsoft.Azure.Cosmos;

namespace Granary.Orleans.Cosmos;

/// <summary>The containers of a cluster, one for each use.</summary>
internal static class CosmosContainers
{
    public const string Cluster = "cluster";
    public const string Reminders = "reminders";
    public const string Memory = "memory";

    /// <summary>Where grain states and reminders carry their logical partition; the providers write it.</summary>
    public const string PartitionKeyPath = "/PartitionKey";

    public static async Task PrepareAsync(ProviderUses use, CosmosConnection connection, CancellationToken cancellationToken)
    {
        try
        {
            using var client = connection.CreateClient();
            if (use.HasFlag(ProviderUses.GrainStorage))
            {
                await CosmosAccountCheck.RunAsync(client, connection).WaitAsync(cancellationToken);
            }

            Database database = await client.CreateDatabaseIfNotExistsAsync(connection.Database, cancellationToken: cancellationToken);
            foreach (var container in Describe(use))
            {
                await database.CreateContainerIfNotExistsAsync(container, cancellationToken: cancellationToken);
            }
        }
        catch (CosmosException error) when (error.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)
        {
            throw new StorageException($"Cosmos DB at {connection.Endpoint} refuses the key, or does not let it make the database "
                + $"'{connection.Database}'. Check AccountKey and the account's firewall.", error);
        }
        catch (Exception error) when (error is CosmosException or HttpRequestException)
        {
            throw new StorageException($"Cosmos DB at {connection.Endpoint} cannot be prepared for the cluster: {error.Message}", error);
        }
    }

    private static IEnumerable<ContainerProperties> Describe(ProviderUses use)
    {
        if (use.HasFlag(ProviderUses.Clustering))
        {
            yield return new ContainerProperties(Cluster, "/ClusterId");
        }

        if (use.HasFlag(ProviderUses.Reminders))
        {
            yield return new ContainerProperties(Reminders, PartitionKeyPath);
        }

        if (use.HasFlag(ProviderUses.GrainStorage))
        {
            // V2: a key counts to 2 KB instead of 101 bytes; a partition's id is longer than that.
            // Records are only ever read by id: an index over their bodies would cost more than the write.
            var memory = new ContainerProperties(Memory, PartitionKeyPath) { PartitionKeyDefinitionVersion = PartitionKeyDefinitionVersion.V2 };
            memory.IndexingPolicy.ExcludedPaths.Add(new ExcludedPath { Path = "/*" });
            yield return memory;
        }
    }
}
