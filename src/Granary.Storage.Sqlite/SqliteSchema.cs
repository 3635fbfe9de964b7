using Granary.Storage.Sqlite.Interop;

namespace Granary.Storage.Sqlite;

/// <summary>The tables and how a database file comes to have them. The version is kept in <c>user_version</c>.</summary>
internal static class SqliteSchema
{
    public const string FileName = "granary.db";

    /// <summary>"Gran": marks the file as ours (the header's application id, https://www.sqlite.org/fileformat2.html#application_id).</summary>
    public const int ApplicationId = 0x4772616E;

    /// <summary>The version this program reads and writes.</summary>
    public static int Version => Migrations.Length;

    /// <summary>The step at index n leads from version n to n + 1. Steps that were released never change.</summary>
    private static readonly string[] Migrations =
    [
        // Times are UTC ticks. A partition's key is never used twice, so documents of an erased one that still wait for their
        // removal (table erasures) cannot appear in the partition that follows it. due_partitions serves maintenance.
        """
        CREATE TABLE meta(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
        INSERT INTO meta(name, value) VALUES ('next_number', 1), ('probe', 0), ('compact', 0);
        CREATE TABLE partitions(
            key INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            version INTEGER NOT NULL,
            shard INTEGER NOT NULL,
            due INTEGER NULL,
            erased_at INTEGER NULL);
        CREATE INDEX due_partitions ON partitions(shard, due) WHERE due IS NOT NULL;
        CREATE TABLE documents(
            partition INTEGER NOT NULL,
            id TEXT NOT NULL,
            body BLOB NOT NULL,
            PRIMARY KEY(partition, id)) WITHOUT ROWID;
        CREATE TABLE erasures(key INTEGER PRIMARY KEY, id TEXT NOT NULL);
        """,
    ];

    /// <summary>Makes an empty file a store, or brings an older store to this version.</summary>
    /// <exception cref="StoreOpenException">The file is not ours or newer than this program; it was not changed.</exception>
    /// <exception cref="SqliteFailure">The file cannot be read or written.</exception>
    public static void Prepare(Database database, string folder)
    {
        var found = database.QueryNumber("PRAGMA user_version");
        var isEmpty = database.QueryNumber("SELECT COUNT(*) FROM sqlite_master") == 0;
        if (!isEmpty && database.QueryNumber("PRAGMA application_id") != ApplicationId)
        {
            throw new StoreOpenException(
                $"The file {FileName} in '{folder}' is a database of another program: set Granary:Sqlite:Folder to another folder.");
        }

        if (found > Version)
        {
            throw new StoreOpenException(
                $"The data in '{folder}' has schema version {found}, this program knows versions up to {Version}: start a newer release of Granary, "
                + "or restore a backup made before the upgrade.");
        }

        UseLog(database, folder);
        for (var version = found; version < Version; version++)
        {
            database.Execute($"BEGIN IMMEDIATE; {Migrations[version]} PRAGMA application_id = {ApplicationId}; PRAGMA user_version = {version + 1}; COMMIT");
        }
    }

    private static void UseLog(Database database, string folder)
    {
        var mode = database.QueryText("PRAGMA journal_mode = WAL");
        if (!string.Equals(mode, "wal", StringComparison.OrdinalIgnoreCase))
        {
            throw new StoreOpenException(
                $"The file system of '{folder}' does not support the shared memory that SQLite's log needs (a network share?): "
                + "set Granary:Sqlite:Folder to a folder on a local disk.");
        }
    }
}
