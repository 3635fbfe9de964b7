using System.Text;
using Npgsql;

namespace Granary.Storage.Postgres.Schema;

/// <summary>Makes an empty schema a store, or brings an older one to this version; many processes may do so at once.</summary>
internal static class SchemaOpener
{
    /// <summary>PostgreSQL 14, the oldest that its makers still maintain. The tests run over 15.</summary>
    public static readonly Version OldestServer = new(14, 0);

    /// <summary>"Gran": the first half of the advisory lock's key; the other is a hash of the schema.</summary>
    public const int LockClass = 0x4772616E;

    /// <summary>How long to wait for another process that migrates.</summary>
    private static readonly TimeSpan LockPatience = TimeSpan.FromMinutes(2);

    /// <summary>Prepares the schema.</summary>
    /// <returns>The version that was found; 0 for a new one.</returns>
    /// <exception cref="StoreOpenException">The server is too old, the schema too new or not ours, or a right is missing; nothing was changed.</exception>
    /// <exception cref="NpgsqlException">The server cannot be reached or failed.</exception>
    public static int Prepare(NpgsqlConnection connection, string schema)
    {
        if (connection.PostgreSqlVersion < OldestServer)
        {
            throw new StoreOpenException(
                $"The server is PostgreSQL {connection.PostgreSqlVersion}, older than {OldestServer.Major}: upgrade it, or set Granary:Postgres:ConnectionString to a newer one.");
        }

        try
        {
            // Most starts find everything there, and need neither the lock nor the right to create.
            var found = FindVersion(connection, schema);
            if (found == Migrations.Version)
            {
                CheckRights(connection, schema);
                return found.Value;
            }

            found = Migrate(connection, schema);
            CheckRights(connection, schema);
            return found.Value;
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.InsufficientPrivilege)
        {
            var user = Scalar<string>(connection, "SELECT current_user::text");
            throw new StoreOpenException(
                $"The user '{user}' may not do what the store needs in schema '{schema}' of database '{connection.Database}' ({e.MessageText}): "
                + $"let an administrator run GRANT CREATE ON DATABASE \"{connection.Database}\" TO \"{user}\" so that Granary makes the schema itself, "
                + $"or start Granary once as the schema's owner and GRANT \"{user}\" USAGE on the schema, SELECT, INSERT, UPDATE, DELETE on its tables and USAGE on its sequences.",
                e);
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.DuplicateTable or PostgresErrorCodes.UndefinedColumn or PostgresErrorCodes.DuplicateFunction)
        {
            throw new StoreOpenException(
                $"The schema '{schema}' of database '{connection.Database}' holds tables of another program ({e.MessageText}): set Granary:Postgres:Schema to another name.", e);
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.LockNotAvailable)
        {
            throw new StoreOpenException(
                $"Another process has been changing schema '{schema}' for more than {LockPatience.TotalMinutes} minutes: look for it in pg_stat_activity and end it, then start again.", e);
        }
    }

    private static int Migrate(NpgsqlConnection connection, string schema)
    {
        using var transaction = connection.BeginTransaction();
        ExecuteAtLeisure(connection, $"SET LOCAL lock_timeout = {(int)LockPatience.TotalMilliseconds}; SELECT pg_advisory_xact_lock({LockClass}, {LockKey(schema)})");
        var found = FindVersion(connection, schema) ?? 0;
        if (found > Migrations.Version)
        {
            throw new StoreOpenException(
                $"The data in schema '{schema}' of database '{connection.Database}' has version {found}, this program knows versions up to {Migrations.Version}: "
                + "start a newer release of Granary, or restore a backup made before the upgrade.");
        }

        var quoted = Quote(schema);
        if (found == 0)
        {
            // IF NOT EXISTS would ask for the right to create even where the schema is there.
            if (!Scalar<bool>(connection, $"SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = '{schema}')"))
            {
                Execute(connection, $"CREATE SCHEMA {quoted}");
            }

            Execute(connection, $"CREATE TABLE {quoted}.schema_version(version integer NOT NULL); INSERT INTO {quoted}.schema_version VALUES (0)");
        }

        var steps = Migrations.Of(quoted);
        for (var version = found; version < steps.Count; version++)
        {
            ExecuteAtLeisure(connection, steps[version]);
        }

        Execute(connection, $"UPDATE {quoted}.schema_version SET version = {steps.Count}");
        transaction.Commit();
        return found;
    }

    /// <summary>The schema's version, or null if it has none.</summary>
    private static int? FindVersion(NpgsqlConnection connection, string schema) =>
        Scalar<bool>(
            connection,
            $"SELECT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = '{schema}' AND c.relname = 'schema_version')")
            ? Scalar<int>(connection, $"SELECT version FROM {Quote(schema)}.schema_version")
            : null;

    /// <summary>Uses each right once without changing anything, so that a missing one stops the start and not the first commit.</summary>
    private static void CheckRights(NpgsqlConnection connection, string schema)
    {
        var s = Quote(schema);
        Execute(
            connection,
            $"""
            SELECT 1 FROM {s}.partitions LIMIT 0;
            INSERT INTO {s}.partitions(id, number, version, shard) SELECT '', 0, 0, 0 WHERE false;
            UPDATE {s}.partitions SET version = 0 WHERE false;
            DELETE FROM {s}.partitions WHERE false;
            SELECT 1 FROM {s}.documents LIMIT 0;
            INSERT INTO {s}.documents(partition, id, body) SELECT 0, '', '' WHERE false;
            UPDATE {s}.documents SET body = '' WHERE false;
            DELETE FROM {s}.documents WHERE false;
            SELECT 1 FROM {s}.leftovers LIMIT 0;
            INSERT INTO {s}.leftovers(number, partition) SELECT 0, '' WHERE false;
            UPDATE {s}.leftovers SET partition = '' WHERE false;
            DELETE FROM {s}.leftovers WHERE false;
            UPDATE {s}.probe SET count = count WHERE false;
            SELECT nextval('{s}.numbers') WHERE false;
            """);
    }

    /// <summary>Whether the server syncs its log before it acknowledges.</summary>
    public static bool Syncs(NpgsqlConnection connection) => Scalar<string>(connection, "SHOW fsync") != "off";

    public static string Quote(string schema) => $"\"{schema}\"";

    /// <summary>The second half of the advisory lock's key.</summary>
    public static int LockKey(string schema)
    {
        // FNV-1a, the same in every process.
        var hash = 2166136261u;
        foreach (var b in Encoding.ASCII.GetBytes(schema))
        {
            hash = (hash ^ b) * 16777619u;
        }

        return (int)hash;
    }

    private static void Execute(NpgsqlConnection connection, string sql)
    {
        using var command = new NpgsqlCommand(sql, connection);
        command.ExecuteNonQuery();
    }

    /// <summary>Without the settings' limit for a statement: the lock has a limit of its own, and a step over much data takes as long as it takes.</summary>
    private static void ExecuteAtLeisure(NpgsqlConnection connection, string sql)
    {
        using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        command.ExecuteNonQuery();
    }

    private static T Scalar<T>(NpgsqlConnection connection, string sql)
    {
        using var command = new NpgsqlCommand(sql, connection);
        return (T)command.ExecuteScalar()!;
    }
}
