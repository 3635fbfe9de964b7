using Granary.Testing.Postgres;

namespace Granary.Faults.Cluster;

/// <summary>The PostgreSQL server of a cluster, which carries membership, reminders and storage. It syncs: what it has committed a crash leaves.</summary>
internal sealed class ClusterDatabase : IAsyncDisposable
{
    private const string Name = "granary";

    /// <summary>All tables of the store, whatever they are.</summary>
    private const string ForEachTable =
        """
        DO $$
        DECLARE t text;
        BEGIN
          FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = 'granary' LOOP
            EXECUTE format('{0}', t);
          END LOOP;
        END $$;
        """;

    private readonly PostgresServer _server;

    private ClusterDatabase(PostgresServer server, string connectionString)
    {
        _server = server;
        ConnectionString = connectionString;
    }

    /// <summary>Whether PostgreSQL is installed on this machine.</summary>
    public static bool IsAvailable => PostgresServer.IsAvailable;

    /// <summary>What to say where it is not.</summary>
    public static string Missing => PostgresServer.Missing;

    public string ConnectionString { get; }

    /// <summary>Starts a server of one's own.</summary>
    public static async Task<ClusterDatabase> StartAsync()
    {
        var server = await PostgresServer.StartAsync(new PostgresServerOptions { Fsync = true, MaxConnections = 400 });
        return new ClusterDatabase(server, await server.CreateDatabaseAsync(Name));
    }

    /// <summary>Copies what the store holds at this moment.</summary>
    public Task TakeCopyAsync() => _server.ExecuteAsync(
        "BEGIN ISOLATION LEVEL REPEATABLE READ; CREATE SCHEMA faults_copy; "
        + Each("CREATE TABLE faults_copy.%1$I AS TABLE granary.%1$I") + "COMMIT;",
        Name);

    /// <summary>Makes the store hold what it held when it was copied; no silo may run.</summary>
    public Task PutCopyBackAsync() => _server.ExecuteAsync(
        "BEGIN; SET LOCAL session_replication_role = replica; "
        + Each("TRUNCATE granary.%1$I CASCADE") + Each("INSERT INTO granary.%1$I OVERRIDING SYSTEM VALUE TABLE faults_copy.%1$I") + "COMMIT;",
        Name);

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private static string Each(string statement) => ForEachTable.Replace("{0}", statement);
}
