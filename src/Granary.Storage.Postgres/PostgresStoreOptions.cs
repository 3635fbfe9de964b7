using System.Text.RegularExpressions;
using Npgsql;

namespace Granary.Storage.Postgres;

/// <summary>Where the PostgreSQL store keeps its data and how it trades connections and latency for throughput.</summary>
public sealed partial class PostgresStoreOptions
{
    /// <summary>
    /// The database, as an Npgsql connection string (<c>Host=…;Username=…;Password=…;Database=…</c>). Required. Of several servers
    /// (<c>Host=a,b</c>) only the primary is used; <c>Target Session Attributes=read-write</c> takes the one that allows writing.
    /// </summary>
    public string ConnectionString { get; set; } = string.Empty;

    /// <summary>
    /// The schema of the tables, made when missing: 1 to 63 lower-case letters, digits and underscores, not beginning with a digit or
    /// <c>pg_</c>. Default <c>granary</c>.
    /// </summary>
    public string Schema { get; set; } = "granary";

    /// <summary>
    /// Connections that write, 1 to 16. Each has one group of commits in flight; a partition is always written by the same one. Default 1: more of them make smaller
    /// groups, which pays off only where one connection cannot keep the server busy.
    /// </summary>
    public int Writers { get; set; } = 1;

    /// <summary>Connections that read at the same time, 1 to 256; further reads wait. Default 8.</summary>
    public int MaxReaders { get; set; } = 8;

    /// <summary>How many commits one group takes at the most, 1 to 4,096. Default 256.</summary>
    public int MaxGroupCommits { get; set; } = 256;

    /// <summary>After how many bytes of ids and bodies a group takes no further commit, 1 to 134,217,728 (128 MiB). Default 8 MiB.</summary>
    public int MaxGroupBytes { get; set; } = 8 * 1024 * 1024;

    /// <summary>
    /// How long a group waits for the callers of the one before to come back with their next commits, so that they share a statement again.
    /// It never waits for more commits than that one had; a single caller never waits. 0 to 100 milliseconds, default 200 microseconds.
    /// </summary>
    public TimeSpan GatherTime { get; set; } = TimeSpan.FromMicroseconds(200);

    /// <summary>
    /// How long the server may take for one statement, 1 second to 1 hour. A write that takes longer fails with an unknown outcome. A part of
    /// an erased partition may take ten minutes to delete, or this if it is longer: nobody waits for it but the caller who erases.
    /// Default 30 seconds.
    /// </summary>
    public TimeSpan CommandTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>What is wrong with these options, or null: names the setting and the fix.</summary>
    internal string? Problem() => this switch
    {
        { ConnectionString: null or "" } =>
            "Granary:Postgres:ConnectionString is empty: set it to the database, for example Host=localhost;Username=granary;Password=...;Database=granary.",
        _ when ConnectionProblem() is { } problem => problem,
        _ when Schema is null || !SchemaName().IsMatch(Schema) || Schema.StartsWith("pg_", StringComparison.Ordinal) =>
            $"Granary:Postgres:Schema is '{Schema}': set it to 1 to 63 lower-case letters, digits and underscores, not beginning with a digit or pg_.",
        { Writers: < 1 or > 16 } => $"Granary:Postgres:Writers is {Writers}: set it to 1 to 16.",
        { MaxReaders: < 1 or > 256 } => $"Granary:Postgres:MaxReaders is {MaxReaders}: set it to 1 to 256.",
        { MaxGroupCommits: < 1 or > 4_096 } => $"Granary:Postgres:MaxGroupCommits is {MaxGroupCommits}: set it to 1 to 4096.",
        { MaxGroupBytes: < 1 or > 128 * 1024 * 1024 } => $"Granary:Postgres:MaxGroupBytes is {MaxGroupBytes}: set it to 1 to 134217728.",
        _ when GatherTime < TimeSpan.Zero || GatherTime > TimeSpan.FromMilliseconds(100) =>
            $"Granary:Postgres:GatherTime is {GatherTime}: set it to 0 to 100 milliseconds.",
        _ when CommandTimeout < TimeSpan.FromSeconds(1) || CommandTimeout > TimeSpan.FromHours(1) =>
            $"Granary:Postgres:CommandTimeout is {CommandTimeout}: set it to 1 second to 1 hour.",
        _ => null,
    };

    private string? ConnectionProblem()
    {
        try
        {
            var parts = new NpgsqlConnectionStringBuilder(ConnectionString);
            return string.IsNullOrEmpty(parts.Host) ? "Granary:Postgres:ConnectionString names no server: add Host=..."
                : !Sources.AllowsTarget(parts.TargetSessionAttributes)
                    ? "Granary:Postgres:ConnectionString lets the store read from a standby, which lags behind: set Target Session Attributes to primary or read-write, or leave it out."
                : null;
        }
        catch (Exception e) when (e is ArgumentException or FormatException or InvalidCastException)
        {
            // The message of the parser may repeat the text, and with it a password.
            return "Granary:Postgres:ConnectionString is not an Npgsql connection string: write it as Host=...;Username=...;Password=...;Database=...";
        }
    }

    [GeneratedRegex(@"\A[a-z_][a-z0-9_]{0,62}\z", RegexOptions.CultureInvariant)]
    private static partial Regex SchemaName();
}
