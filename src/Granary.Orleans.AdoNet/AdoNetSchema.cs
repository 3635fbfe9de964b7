using System.Reflection;
using Granary.Core.Storage;
using Granary.Orleans.Providers;
using Npgsql;

namespace Granary.Orleans.AdoNet;

/// <summary>
/// The tables behind Orleans' ADO.NET providers. A provider runs whatever the table <c>orleansquery</c> holds under the keys it knows; the
/// scripts in <c>Schema/</c> fill that table with statements over tables of their own.
/// </summary>
internal static class AdoNetSchema
{
    // "granary" in ASCII: one lock for all uses, because they share the table of statements.
    private const long LockKey = 0x6772616E617279;

    private static readonly Part[] Parts =
    [
        new(ProviderUses.Clustering, "clustering.sql",
        [
            "GatewaysQueryKey", "MembershipReadRowKey", "MembershipReadAllKey", "InsertMembershipVersionKey", "UpdateIAmAlivetimeKey",
            "InsertMembershipKey", "UpdateMembershipKey", "DeleteMembershipTableEntriesKey", "CleanupDefunctSiloEntriesKey",
        ]),
        new(ProviderUses.Reminders, "reminders.sql",
        [
            "ReadReminderRowsKey", "ReadReminderRowKey", "ReadRangeRows1Key", "ReadRangeRows2Key", "UpsertReminderRowKey",
            "DeleteReminderRowKey", "DeleteReminderRowsKey",
        ]),
        new(ProviderUses.GrainStorage, "storage.sql",
        [
            "WriteToStorageKey", "ReadFromStorageKey", "ClearStorageKey", "DeleteStorageKey",
        ]),
    ];

    /// <summary>Makes what the uses lack, in one transaction.</summary>
    public static async Task PrepareAsync(ProviderUses use, string connection, CancellationToken cancellationToken)
    {
        try
        {
            await using var source = NpgsqlDataSource.Create(connection);
            await using var session = await source.OpenConnectionAsync(cancellationToken);

            if (use.HasFlag(ProviderUses.GrainStorage))
            {
                await RequireDurableAsync(session, cancellationToken);
            }

            // Without the lock first: a role that may not create anything can run on tables that somebody else made.
            if (Missing(use, await ReadKeysAsync(session, cancellationToken)).Count > 0)
            {
                await CreateAsync(use, session, cancellationToken);
            }
        }
        catch (PostgresException error) when (error.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw new StorageException("The PostgreSQL role may not make the cluster's tables. Start once with a role that may create tables and "
                + "functions in the first schema of the search path, or grant it CREATE there.", error);
        }
        catch (NpgsqlException error)
        {
            throw new StorageException($"PostgreSQL cannot be prepared for the cluster: {error.Message}", error);
        }
    }

    private static async Task RequireDurableAsync(NpgsqlConnection session, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("show synchronous_commit", session);
        if (await command.ExecuteScalarAsync(cancellationToken) is "off")
        {
            throw new StorageException("PostgreSQL would forget acknowledged turns when its machine fails: synchronous_commit is off. Set it to on for the "
                + "role or the database (ALTER ROLE … SET synchronous_commit = on), or add Options=-c synchronous_commit=on to the connection string.");
        }
    }

    private static async Task CreateAsync(ProviderUses use, NpgsqlConnection session, CancellationToken cancellationToken)
    {
        await using var transaction = await session.BeginTransactionAsync(cancellationToken);
        await ExecuteAsync($"select pg_advisory_xact_lock({LockKey})", session, cancellationToken);

        // Then the keys again, from the table itself: a look into the catalogue need not see yet what was made while this waited for the lock.
        await ExecuteAsync("create table if not exists orleansquery (querykey text primary key, querytext text not null)", session, cancellationToken);
        var keys = await ReadTableAsync(session, cancellationToken);
        foreach (var part in Missing(use, keys))
        {
            if (part.Keys.FirstOrDefault(keys.Contains) is { } present)
            {
                // Half of somebody else's statements would work on other tables than our half.
                throw new StorageException($"The table orleansquery has '{present}' but lacks '{part.Keys.First(key => !keys.Contains(key))}': it was made "
                    + "by an older version of Orleans' scripts. Apply their migrations, or give the cluster a database or schema (Search Path) of its own.");
            }

            await ExecuteAsync(ReadScript(part.Script), session, cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
    }

    private static List<Part> Missing(ProviderUses use, HashSet<string> keys) =>
        [.. Parts.Where(part => use.HasFlag(part.Use) && !part.Keys.All(keys.Contains))];

    private static async Task<HashSet<string>> ReadKeysAsync(NpgsqlConnection session, CancellationToken cancellationToken)
    {
        await using var exists = new NpgsqlCommand("select to_regclass('orleansquery') is not null", session);
        return await exists.ExecuteScalarAsync(cancellationToken) is true ? await ReadTableAsync(session, cancellationToken) : [];
    }

    private static async Task<HashSet<string>> ReadTableAsync(NpgsqlConnection session, CancellationToken cancellationToken)
    {
        var keys = new HashSet<string>(StringComparer.Ordinal);
        await using var read = new NpgsqlCommand("select querykey from orleansquery", session);
        await using var rows = await read.ExecuteReaderAsync(cancellationToken);
        while (await rows.ReadAsync(cancellationToken))
        {
            keys.Add(rows.GetString(0));
        }

        return keys;
    }

    private static async Task ExecuteAsync(string sql, NpgsqlConnection session, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, session);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static string ReadScript(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"The script {name} is not part of this build.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    private sealed record Part(ProviderUses Use, string Script, string[] Keys);
}
