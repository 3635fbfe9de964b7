using Granary.Orleans.Providers;
using Npgsql;
using Orleans.Hosting;

namespace Granary.Orleans.AdoNet;

/// <summary>
/// Membership, reminders and grain storage of a cluster in PostgreSQL (9.5 or newer), over Orleans' ADO.NET providers.
/// The connection string is Npgsql's: <c>Host=…;Port=5432;Database=…;Username=…;Password=…</c>.
/// </summary>
public sealed class AdoNetProvider : IClusterProvider
{
    // Orleans' name of the ADO.NET provider that talks to PostgreSQL.
    private const string Invariant = "Npgsql";

    // Membership and reminders make few calls at a time.
    private const int SmallPool = 10;

    /// <inheritdoc/>
    public string Name => "adonet";

    /// <inheritdoc/>
    public string? Check(string connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        NpgsqlConnectionStringBuilder parts;
        try
        {
            parts = new NpgsqlConnectionStringBuilder(connection);
        }
        catch (Exception error) when (error is ArgumentException or FormatException or InvalidCastException)
        {
            // The parser's own message can repeat a value, and a value can be a password.
            return "it is not a PostgreSQL connection string. Write it as Host=…;Port=5432;Database=…;Username=…;Password=…";
        }

        if (string.IsNullOrWhiteSpace(parts.Host))
        {
            return "it names no server. Add Host=….";
        }

        return string.IsNullOrWhiteSpace(parts.Database) ? "it names no database. Add Database=…; the database must exist." : null;
    }

    /// <inheritdoc/>
    /// <remarks>
    /// Tables are made in the first schema of the connection's search path, under a lock that lets silos start at once. Where the table
    /// <c>orleansquery</c> already names the statements of a use (made by Orleans' own scripts or earlier), nothing is touched.
    /// </remarks>
    public Task PrepareAsync(ProviderUses use, string connection, CancellationToken cancellationToken = default) =>
        AdoNetSchema.PrepareAsync(use, connection, cancellationToken);

    /// <inheritdoc/>
    public void AddClustering(ISiloBuilder silo, string connection) => silo.UseAdoNetClustering(options =>
    {
        options.Invariant = Invariant;
        options.ConnectionString = BoundPool(connection);
    });

    /// <inheritdoc/>
    public void AddClustering(IClientBuilder client, string connection) => client.UseAdoNetClustering(options =>
    {
        options.Invariant = Invariant;
        options.ConnectionString = BoundPool(connection);
    });

    /// <inheritdoc/>
    public void AddReminders(ISiloBuilder silo, string connection) => silo.UseAdoNetReminderService(options =>
    {
        options.Invariant = Invariant;
        options.ConnectionString = BoundPool(connection);
    });

    /// <summary>
    /// The connection string for membership and reminders, with a bound for their pool unless it has one: Npgsql's own bound of 100 for each
    /// silo is more than a usual server allows in all.
    /// </summary>
    internal static string BoundPool(string connection)
    {
        var parts = new NpgsqlConnectionStringBuilder(connection);
        if (!parts.ShouldSerialize("Maximum Pool Size"))
        {
            parts.MaxPoolSize = Math.Max(SmallPool, parts.MinPoolSize);
        }

        return parts.ConnectionString;
    }

    /// <inheritdoc/>
    public void AddGrainStorage(ISiloBuilder silo, string name, string connection) => silo.AddAdoNetGrainStorage(name, options =>
    {
        options.Invariant = Invariant;
        options.ConnectionString = connection;
        options.DeleteStateOnClear = true;
    });
}
