using Orleans.Hosting;

namespace Granary.Orleans.Providers;

/// <summary>A technology that can carry a cluster's membership, its reminders and its grain storage.</summary>
public interface IClusterProvider
{
    /// <summary>Its name in the settings, lower case: <c>adonet</c>, <c>redis</c>, <c>cosmos</c>.</summary>
    string Name { get; }

    /// <summary>What is wrong with a connection string and how to mend it; null if nothing is. Opens no connection.</summary>
    string? Check(string connection);

    /// <summary>Makes the tables or containers that are missing; what exists is left as it is. Called before the silo starts.</summary>
    /// <param name="use">What the connection will be used for.</param>
    /// <param name="connection">The connection string.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="Granary.Core.Storage.StorageException">The service cannot be reached or refuses; the message says the fix.</exception>
    Task PrepareAsync(ProviderUses use, string connection, CancellationToken cancellationToken = default);

    /// <summary>Lets a silo find the cluster here.</summary>
    void AddClustering(ISiloBuilder silo, string connection);

    /// <summary>Lets a client find the cluster here.</summary>
    void AddClustering(IClientBuilder client, string connection);

    /// <summary>Keeps the reminders of the maintenance shards here.</summary>
    void AddReminders(ISiloBuilder silo, string connection);

    /// <summary>Adds a grain storage of a name, for the paged store.</summary>
    void AddGrainStorage(ISiloBuilder silo, string name, string connection);
}
