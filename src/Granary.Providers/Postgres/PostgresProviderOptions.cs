using System.Text.RegularExpressions;
using Npgsql;

namespace Granary.Providers.Postgres;

/// <summary>Where a <see cref="PostgresMemoryProvider"/> keeps memories, and how long it may take.</summary>
public sealed partial class PostgresProviderOptions
{
    /// <summary>The provider's name, by <see cref="Ids"/>. Default <c>postgres</c>.</summary>
    public string Name { get; set; } = "postgres";

    /// <summary>
    /// The database, as an Npgsql connection string (<c>Host=…;Username=…;Password=…;Database=…</c>) or as an address
    /// (<c>postgres://user:password@host:port/database</c>). Required.
    /// </summary>
    public string ConnectionString { get; set; } = string.Empty;

    /// <summary>
    /// The schema of the tables, made when missing: 1 to 63 lower-case letters, digits and underscores, not beginning with a digit or
    /// <c>pg_</c>. Default <c>granary_memory</c>.
    /// </summary>
    public string Schema { get; set; } = "granary_memory";

    /// <summary>Connections at the same time, 1 to 256; further calls wait. Default 16.</summary>
    public int MaxConnections { get; set; } = 16;

    /// <summary>How long a statement, and the wait for a connection, may take: 1 second to 10 minutes. Default 10 seconds.</summary>
    public TimeSpan CommandTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long a call waits for a vector, 100 milliseconds to 10 minutes; after that a memory is kept without one, to be given one later, and a
    /// recall goes by words. Default 5 seconds.
    /// </summary>
    public TimeSpan EmbeddingTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How many vectors of one user are compared one by one, 0 to 1,000,000. Beyond, the index of all users' vectors (HNSW) is walked until it has given
    /// enough of that user's. Default 10,000.
    /// </summary>
    public int ExactVectors { get; set; } = 10_000;

    /// <summary>What is wrong with these options, or null: names the setting and the fix.</summary>
    internal string? Problem() => this switch
    {
        _ when !Ids.IsValid(Name) => $"Name {Ids.Rule}.",
        { ConnectionString: null or "" } => "ConnectionString is empty: set it to the database, for example Host=localhost;Username=granary;Password=...;Database=granary.",
        _ when ConnectionText.Parse(ConnectionString) is not { } parts =>
            "ConnectionString is not understood: write it as Host=...;Username=...;Password=...;Database=... or as postgres://user:password@host:port/database.",
        _ when string.IsNullOrEmpty(ConnectionText.Parse(ConnectionString)!.Host) => "ConnectionString names no server: add Host=...",
        _ when Schema is null || !SchemaName().IsMatch(Schema) || Schema.StartsWith("pg_", StringComparison.Ordinal) =>
            $"Schema is '{Schema}': set it to 1 to 63 lower-case letters, digits and underscores, not beginning with a digit or pg_.",
        { MaxConnections: < 1 or > 256 } => $"MaxConnections is {MaxConnections}: set it to 1 to 256.",
        _ when CommandTimeout < TimeSpan.FromSeconds(1) || CommandTimeout > TimeSpan.FromMinutes(10) =>
            $"CommandTimeout is {CommandTimeout}: set it to 1 second to 10 minutes.",
        _ when EmbeddingTimeout < TimeSpan.FromMilliseconds(100) || EmbeddingTimeout > TimeSpan.FromMinutes(10) =>
            $"EmbeddingTimeout is {EmbeddingTimeout}: set it to 100 milliseconds to 10 minutes.",
        { ExactVectors: < 0 or > 1_000_000 } => $"ExactVectors is {ExactVectors}: set it to 0 to 1000000.",
        _ => null,
    };

    /// <summary>Where connections come from.</summary>
    internal NpgsqlDataSource CreateSource()
    {
        var parts = ConnectionText.Parse(ConnectionString)!;
        parts.MaxPoolSize = MaxConnections;
        parts.MinPoolSize = Math.Min(parts.MinPoolSize, MaxConnections);
        parts.CommandTimeout = (int)Math.Ceiling(CommandTimeout.TotalSeconds);
        parts.Timeout = Math.Min(parts.Timeout, parts.CommandTimeout);
        parts.Enlist = false;

        // Nothing is left behind in a session that would have to be reset.
        parts.NoResetOnClose = true;

        // Details repeat the values of a row: they would bring content into logs.
        parts.IncludeErrorDetail = false;
        parts.ApplicationName ??= "Granary";
        return NpgsqlDataSource.Create(parts);
    }

    [GeneratedRegex(@"\A[a-z_][a-z0-9_]{0,62}\z", RegexOptions.CultureInvariant)]
    private static partial Regex SchemaName();
}
