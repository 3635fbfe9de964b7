using System.Diagnostics;
using Granary.Core.Storage;
using SQLitePCL;

namespace Granary.Benchmarks.Shared;

/// <summary>
/// The reference for durable writes: a bare loop of prepared statements that writes given rows into SQLite, with the store's tables and
/// settings, in transactions of a given number of commits. Nothing is checked, grouped, answered or waited for.
/// </summary>
internal static class RawSqlite
{
    /// <summary>Commits per second.</summary>
    public static double Run(IReadOnlyList<PartitionCommit> prepare, IReadOnlyList<PartitionCommit> commits, IReadOnlyList<int> groups)
    {
        Batteries_V2.Init();
        var folder = Directory.CreateTempSubdirectory("granary-raw-").FullName;
        raw.sqlite3_open_v2(Path.Combine(folder, "raw.db"), out var db, raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_CREATE | raw.SQLITE_OPEN_NOMUTEX, null);
        Check(raw.sqlite3_exec(db, """
            PRAGMA journal_mode = WAL;
            PRAGMA synchronous = FULL;
            PRAGMA secure_delete = ON;
            PRAGMA temp_store = MEMORY;
            PRAGMA wal_autocheckpoint = 4000;
            PRAGMA cache_size = -65536;
            CREATE TABLE partitions(key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, version INTEGER NOT NULL, shard INTEGER NOT NULL, due INTEGER NULL, erased_at INTEGER NULL);
            CREATE INDEX due_partitions ON partitions(shard, due) WHERE due IS NOT NULL;
            CREATE TABLE documents(partition INTEGER NOT NULL, id TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY(partition, id)) WITHOUT ROWID;
            """));
        var add = Prepare(db, "INSERT INTO partitions(key, id, version, shard) VALUES (?1, ?2, 1, 0)");
        var update = Prepare(db, "UPDATE partitions SET version = ?2 WHERE key = ?1");
        var put = Prepare(db, "INSERT OR REPLACE INTO documents(partition, id, body) VALUES (?1, ?2, ?3)");
        var keys = new Dictionary<string, long>(StringComparer.Ordinal);
        var version = 1L;
        raw.sqlite3_exec(db, "BEGIN IMMEDIATE");
        foreach (var commit in prepare.Concat(commits))
        {
            if (keys.TryAdd(commit.Partition, keys.Count + 1))
            {
                raw.sqlite3_bind_int64(add, 1, keys[commit.Partition]);
                raw.sqlite3_bind_text(add, 2, commit.Partition);
                Step(add);
            }
        }

        foreach (var commit in prepare)
        {
            Write(commit);
        }

        raw.sqlite3_exec(db, "COMMIT");
        var next = 0;
        var started = Stopwatch.GetTimestamp();
        foreach (var group in groups)
        {
            raw.sqlite3_exec(db, "BEGIN IMMEDIATE");
            for (var i = 0; i < group && next < commits.Count; i++)
            {
                Write(commits[next++]);
            }

            Check(raw.sqlite3_exec(db, "COMMIT"));
        }

        var rate = next / Stopwatch.GetElapsedTime(started).TotalSeconds;
        add.Dispose();
        update.Dispose();
        put.Dispose();
        db.Dispose();
        Directory.Delete(folder, recursive: true);
        return rate;

        void Write(PartitionCommit commit)
        {
            var key = keys[commit.Partition];
            for (var i = 0; i < commit.Writes.Count; i++)
            {
                var write = commit.Writes[i];
                raw.sqlite3_bind_int64(put, 1, key);
                raw.sqlite3_bind_text(put, 2, write.Id);
                raw.sqlite3_bind_blob(put, 3, write.Body.Span);
                Step(put);
            }

            raw.sqlite3_bind_int64(update, 1, key);
            raw.sqlite3_bind_int64(update, 2, ++version);
            Step(update);
        }
    }

    private static sqlite3_stmt Prepare(sqlite3 db, string sql)
    {
        Check(raw.sqlite3_prepare_v2(db, sql, out var statement));
        return statement;
    }

    private static void Step(sqlite3_stmt statement)
    {
        Check(raw.sqlite3_step(statement));
        raw.sqlite3_reset(statement);
    }

    private static void Check(int code)
    {
        if (code is not (raw.SQLITE_OK or raw.SQLITE_DONE or raw.SQLITE_ROW))
        {
            throw new InvalidOperationException($"SQLite answered {code}.");
        }
    }
}
