namespace Granary.Testing.Postgres;

/// <summary>How a server of one's own is started.</summary>
public sealed class PostgresServerOptions
{
    /// <summary>
    /// Whether commits reach the disk before they are acknowledged. Off by default: tests that do not cut the power do not need it.
    /// On for benchmarks and for tests of what a crash leaves.
    /// </summary>
    public bool Fsync { get; init; }

    /// <summary>Connections at the same time, 10 or more. Default 200.</summary>
    public int MaxConnections { get; init; } = 200;

    /// <summary>Further settings as in postgresql.conf, name and value.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>How long a start or a stop may take. Default two minutes, for machines under load.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(2);
}
