using Granary.Orleans.Providers;
using Microsoft.Azure.Cosmos;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Hosting;
using Orleans.Persistence.Cosmos;

namespace Granary.Orleans.Cosmos;

/// <summary>
/// Membership, reminders and grain storage of a cluster in Azure Cosmos DB for NoSQL, over Orleans' Cosmos providers. The connection string
/// is the account's, <c>AccountEndpoint=https://…;AccountKey=…</c>, with two additions: <c>Database=granary</c> (the default; made if
/// missing) and <c>Mode=Direct</c> (the default) or <c>Mode=Gateway</c> (all traffic to this endpoint over HTTP, as emulators need it).
/// </summary>
/// <remarks>
/// Records of one memory partition share a logical partition, see <see cref="PartitionDocumentIds"/>. A record of more than
/// <see cref="MaxRecordBytes"/> may not fit an item; what does not is refused before it is sent.
/// </remarks>
public sealed class CosmosProvider : IClusterProvider
{
    /// <summary>
    /// The largest record body, in bytes, that fits an item whatever its names: three quarters (base64) of the 2 MiB of an item
    /// without 4 KiB for the names around it.
    /// </summary>
    public const int MaxRecordBytes = (ItemSizeGuard.MaxItemBytes - ItemSizeGuard.EnvelopeBytes) / 4 * 3;

    /// <inheritdoc/>
    public string Name => "cosmos";

    /// <inheritdoc/>
    public string? Check(string connection) => CosmosConnection.TryParse(connection, out _, out var problem) ? null : problem;

    /// <inheritdoc/>
    /// <remarks>
    /// Makes the database and one container for each use, without a throughput of their own (serverless, or the account's default). For grain
    /// storage the account must have one region that takes writes, and the default consistency Strong (or BoundedStaleness with a single
    /// region); this is not asked of an emulator, which is <c>Mode=Gateway</c> on this machine.
    /// </remarks>
    public Task PrepareAsync(ProviderUses use, string connection, CancellationToken cancellationToken = default) =>
        CosmosContainers.PrepareAsync(use, CosmosConnection.Parse(connection), cancellationToken);

    /// <inheritdoc/>
    public void AddClustering(ISiloBuilder silo, string connection)
    {
        var parsed = AddClient(silo.Services, connection);
        silo.UseCosmosClustering(options =>
        {
            options.DatabaseName = parsed.Database;
            options.OperationExecutor = BoundedExecutor.Instance;
            options.ContainerName = CosmosContainers.Cluster;
            options.ConfigureCosmosClient(services => new(services.GetRequiredKeyedService<CosmosClient>(parsed)));
        });
    }

    /// <inheritdoc/>
    public void AddClustering(IClientBuilder client, string connection)
    {
        var parsed = AddClient(client.Services, connection);
        client.UseCosmosGatewayListProvider(options =>
        {
            options.DatabaseName = parsed.Database;
            options.OperationExecutor = BoundedExecutor.Instance;
            options.ContainerName = CosmosContainers.Cluster;
            options.ConfigureCosmosClient(services => new(services.GetRequiredKeyedService<CosmosClient>(parsed)));
        });
    }

    /// <inheritdoc/>
    public void AddReminders(ISiloBuilder silo, string connection)
    {
        var parsed = AddClient(silo.Services, connection);
        silo.UseCosmosReminderService(options =>
        {
            options.DatabaseName = parsed.Database;
            options.OperationExecutor = BoundedExecutor.Instance;
            options.ContainerName = CosmosContainers.Reminders;
            options.ConfigureCosmosClient(services => new(services.GetRequiredKeyedService<CosmosClient>(parsed)));
        });
    }

    /// <inheritdoc/>
    public void AddGrainStorage(ISiloBuilder silo, string name, string connection)
    {
        var parsed = AddClient(silo.Services, connection);
        silo.Services.AddKeyedSingleton<IDocumentIdProvider, PartitionDocumentIds>(name);
        silo.AddCosmosGrainStorage(name, options =>
        {
            options.DatabaseName = parsed.Database;
            options.OperationExecutor = BoundedExecutor.Instance;
            options.ContainerName = CosmosContainers.Memory;
            options.PartitionKeyPath = CosmosContainers.PartitionKeyPath;
            options.DeleteStateOnClear = true;
            options.ConfigureCosmosClient(services => new(services.GetRequiredKeyedService<CosmosClient>(parsed)));
        });
    }

    // One client for an account in a silo, whatever it is used for: each would open its own connections. The container of services ends it.
    private static CosmosConnection AddClient(IServiceCollection services, string connection)
    {
        var parsed = CosmosConnection.Parse(connection);
        services.TryAddKeyedSingleton(parsed, (_, key) => ((CosmosConnection)key!).CreateClient());
        return parsed;
    }
}
