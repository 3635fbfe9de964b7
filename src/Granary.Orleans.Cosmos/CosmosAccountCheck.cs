using Granary.Core.Storage;
using Microsoft.Azure.Cosmos;

namespace Granary.Orleans.Cosmos;

/// <summary>
/// Whether an account gives what the store of sessions relies on: every silo reads what any other was told is written, and no write is lost to one
/// of another region. https://learn.microsoft.com/azure/cosmos-db/consistency-levels
/// </summary>
internal static class CosmosAccountCheck
{
    public static async Task RunAsync(CosmosClient client, CosmosConnection connection)
    {
        // Emulators name a consistency that can be as weak as they like: they are one process.
        if (connection.Gateway && connection.Endpoint.IsLoopback)
        {
            return;
        }

        var account = await client.ReadAccountAsync();
        Require(account.Consistency.DefaultConsistencyLevel, account.WritableRegions.Count(), account.ReadableRegions.Count());
    }

    /// <summary>Throws if silos could read stale records or lose acknowledged ones.</summary>
    internal static void Require(ConsistencyLevel consistency, int writableRegions, int readableRegions)
    {
        if (writableRegions > 1)
        {
            throw new StorageException($"Cosmos DB would lose acknowledged turns: the account takes writes in {writableRegions} regions and keeps one of "
                + "two that meet. Turn multi-region writes off (az cosmosdb update --enable-multiple-write-locations false).");
        }

        // Within one region bounded staleness reads from a quorum, so it never shows less than was acknowledged.
        if (consistency != ConsistencyLevel.Strong && !(consistency == ConsistencyLevel.BoundedStaleness && readableRegions <= 1))
        {
            throw new StorageException($"Cosmos DB would show silos stale sessions: the account's default consistency is {consistency}"
                + (readableRegions > 1 ? $" over {readableRegions} regions" : "")
                + ". Set it to Strong (az cosmosdb update --default-consistency-level Strong); with a single region BoundedStaleness is enough.");
        }
    }
}
