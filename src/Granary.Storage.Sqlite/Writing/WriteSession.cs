using Granary.Core.Storage;
using Granary.Core.Storage.Writing;
using Granary.Storage.Sqlite.Interop;

namespace Granary.Storage.Sqlite.Writing;

/// <summary>
/// The writer's connection: applies writes within a transaction. A refused write leaves nothing behind, so the others of its transaction go on;
/// an error of SQLite ends the whole transaction. Used by one thread.
/// </summary>
internal sealed class WriteSession : IDisposable
{
    /// <summary>How long to wait for another program that holds the database.</summary>
    public static readonly TimeSpan BusyTimeout = TimeSpan.FromSeconds(5);

    private const int CachedPartitionsPerGeneration = 32_768;

    private readonly Database _database;
    private readonly TimeProvider _time;
    private readonly PartitionCache _cache = new(CachedPartitionsPerGeneration);
    private readonly NumberSource _numbers;
    private readonly ErasureQueue _erasures;
    private readonly Statement _begin;
    private readonly Statement _commit;
    private readonly Statement _findPartition;
    private readonly Statement _addPartition;
    private readonly Statement _setVersion;
    private readonly Statement _setVersionAndDue;
    private readonly Statement _replacePartition;
    private readonly Statement _removePartition;
    private readonly Statement _insertDocument;
    private readonly Statement _putDocument;
    private readonly Statement _removeDocument;
    private readonly Statement _probe;
    private readonly Statement _setCompact;
    private bool _erased;

    private WriteSession(Database database, TimeProvider time)
    {
        _database = database;
        _time = time;
        _numbers = new NumberSource(database);
        _erasures = new ErasureQueue(database);
        _begin = database.Prepare("BEGIN IMMEDIATE");
        _commit = database.Prepare("COMMIT");
        _findPartition = database.Prepare("SELECT key, version, due, erased_at FROM partitions WHERE id = ?1");
        _addPartition = database.Prepare("INSERT INTO partitions(key, id, version, shard, due, erased_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
        // Apart from the next one because naming the due column rewrites its index entry even if the time stays.
        _setVersion = database.Prepare("UPDATE partitions SET version = ?2 WHERE key = ?1");
        _setVersionAndDue = database.Prepare("UPDATE partitions SET version = ?2, due = ?3 WHERE key = ?1");
        _replacePartition = database.Prepare("UPDATE partitions SET key = ?2, version = ?3, due = ?4, erased_at = ?5 WHERE key = ?1");
        _removePartition = database.Prepare("DELETE FROM partitions WHERE key = ?1");
        _insertDocument = database.Prepare("INSERT INTO documents(partition, id, body) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING");
        _putDocument = database.Prepare("INSERT OR REPLACE INTO documents(partition, id, body) VALUES (?1, ?2, ?3)");
        _removeDocument = database.Prepare("DELETE FROM documents WHERE partition = ?1 AND id = ?2");
        _probe = database.Prepare("UPDATE meta SET value = value + 1 WHERE name = 'probe'");
        _setCompact = database.Prepare("UPDATE meta SET value = ?1 WHERE name = 'compact'");
        NeedsCompaction = database.QueryNumber("SELECT value FROM meta WHERE name = 'compact'") != 0;
    }

    public Database Database => _database;

    /// <summary>Whether documents of erased partitions wait for <see cref="RemoveErased"/>.</summary>
    public bool HasErasures => !_erasures.IsEmpty;

    /// <summary>Whether unused parts of pages may hold text of erased partitions; kept over restarts.</summary>
    public bool NeedsCompaction { get; private set; }

    /// <summary>Opens the connection on a database that has its tables.</summary>
    /// <exception cref="SqliteFailure">It cannot be opened.</exception>
    public static WriteSession Open(string path, int cacheKiB, TimeProvider time)
    {
        var database = Database.Open(path, OpenMode.Write, BusyTimeout);
        try
        {
            // The log is copied by the writer, after its callers have their answers, hence no automatic checkpoint.
            // fullfsync is what makes a sync reach the medium on macOS; elsewhere it means nothing.
            database.Execute(
                $"""
                PRAGMA synchronous = FULL;
                PRAGMA fullfsync = ON;
                PRAGMA checkpoint_fullfsync = ON;
                PRAGMA secure_delete = ON;
                PRAGMA foreign_keys = OFF;
                PRAGMA temp_store = MEMORY;
                PRAGMA wal_autocheckpoint = 0;
                PRAGMA journal_size_limit = 67108864;
                PRAGMA cache_size = -{cacheKiB};
                """);
            return new WriteSession(database, time);
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    public void Begin() => _begin.Run();

    /// <summary>Makes what was applied durable.</summary>
    public void Commit() => _commit.Run();

    /// <summary>Takes back what was applied since <see cref="Begin"/>.</summary>
    /// <exception cref="SqliteFailure">The connection is broken and must be closed.</exception>
    public void Rollback()
    {
        // SQLite rolls back by itself after some errors (a full disk, I/O).
        if (_database.InTransaction)
        {
            _database.Execute("ROLLBACK");
        }

        _cache.Clear();
        _numbers.RolledBack();
        _erasures.RolledBack();
        NeedsCompaction = _database.QueryNumber("SELECT value FROM meta WHERE name = 'compact'") != 0;
    }

    /// <summary>Applies one write and sets its result.</summary>
    /// <exception cref="SqliteFailure">The transaction must be rolled back.</exception>
    public void Apply(PendingWrite write)
    {
        write.Result = write.Action switch
        {
            WriteAction.Commit => Apply(write.Commit!),
            WriteAction.Erase => Erase(write.Partition, write.Expected),
            WriteAction.Purge => Purge(write.Partition),
            _ => Probe(),
        };
    }

    /// <summary>Removes some documents of erased partitions.</summary>
    public void RemoveErased()
    {
        _erased |= HasErasures;
        _erasures.RemoveSome();
    }

    /// <summary>Whether documents were erased since the last call.</summary>
    public bool TakeErased()
    {
        var erased = _erased;
        _erased = false;
        return erased;
    }

    /// <summary>
    /// Writes the whole database anew. <c>secure_delete</c> overwrites what is deleted, but not the copies that stay in the unused part of a
    /// page when SQLite moves rows to another one; in tests one erased partition in ten left some text there.
    /// </summary>
    /// <exception cref="SqliteFailure">It failed or was interrupted; nothing has changed.</exception>
    public void Compact()
    {
        _database.Execute("VACUUM");
        _setCompact.Bind(1, 0L).Run();
        NeedsCompaction = false;
    }

    /// <summary>Whether documents of an erased partition of this id still wait for removal.</summary>
    public bool IsErasing(string partition) => _erasures.Contains(partition);

    public void Dispose() => _database.Dispose();

    private CommitResult Apply(PartitionCommit commit)
    {
        var row = Find(commit.Partition);
        if (row?.ErasedAt is not null && !commit.Recreate)
        {
            return new(CommitStatus.Erased, PartitionVersion.None);
        }

        var isNew = row is null || row.ErasedAt is not null;
        if (commit.Expected.Value != (isNew ? PartitionVersion.None.Value : row!.Version))
        {
            return new(CommitStatus.Conflict, PartitionVersion.None);
        }

        var key = isNew ? _numbers.Next() : row!.Key;
        if (!WriteDocuments(key, commit.Writes))
        {
            return new(CommitStatus.DocumentExists, PartitionVersion.None);
        }

        var version = _numbers.Next();
        WritePartition(commit.Partition, row, key, version, commit.DueAt?.UtcTicks, erasedAt: null);
        return new(CommitStatus.Committed, new PartitionVersion(version));
    }

    private CommitResult Erase(string partition, PartitionVersion expected)
    {
        var row = Find(partition);
        if (row is { ErasedAt: null } && row.Version != expected.Value)
        {
            return new(CommitStatus.Conflict, PartitionVersion.None);
        }

        if (row?.ErasedAt is null)
        {
            var now = _time.GetUtcNow();
            if (row is not null)
            {
                _erasures.Add(row.Key, partition);
                NoteCompaction();
            }

            WritePartition(partition, row, _numbers.Next(), _numbers.Next(), (now + StorageLimits.TombstoneLifetime).UtcTicks, now.UtcTicks);
        }

        return new(CommitStatus.Committed, PartitionVersion.None);
    }

    private void NoteCompaction()
    {
        if (!NeedsCompaction)
        {
            _setCompact.Bind(1, 1L).Run();
            NeedsCompaction = true;
        }
    }

    private CommitResult Purge(string partition)
    {
        if (Find(partition) is { ErasedAt: { } erasedAt } row && erasedAt + StorageLimits.TombstoneLifetime.Ticks <= _time.GetUtcNow().UtcTicks)
        {
            _removePartition.Bind(1, row.Key).Run();
            _cache.Remove(partition);
        }

        return new(CommitStatus.Committed, PartitionVersion.None);
    }

    private CommitResult Probe()
    {
        _probe.Run();
        return new(CommitStatus.Committed, PartitionVersion.None);
    }

    /// <summary>Writes all documents, or none if one that must not exist does.</summary>
    private bool WriteDocuments(long key, IReadOnlyList<DocumentWrite> writes)
    {
        // Inserts go first: they are the only writes that can be refused, and removing the ones before restores what was.
        for (var i = 0; i < writes.Count; i++)
        {
            if (writes[i].Kind is WriteKind.Insert && !Insert(key, writes[i]))
            {
                RemoveInserted(key, writes, i);
                return false;
            }
        }

        for (var i = 0; i < writes.Count; i++)
        {
            if (writes[i].Kind is WriteKind.Put)
            {
                _putDocument.Bind(1, key).Bind(2, writes[i].Id).Bind(3, writes[i].Body.Span).Run();
            }
            else if (writes[i].Kind is WriteKind.Delete)
            {
                _removeDocument.Bind(1, key).Bind(2, writes[i].Id).Run();
            }
        }

        return true;
    }

    private bool Insert(long key, DocumentWrite write)
    {
        _insertDocument.Bind(1, key).Bind(2, write.Id).Bind(3, write.Body.Span).Run();
        return _database.Changes == 1;
    }

    private void RemoveInserted(long key, IReadOnlyList<DocumentWrite> writes, int end)
    {
        for (var i = 0; i < end; i++)
        {
            if (writes[i].Kind is WriteKind.Insert)
            {
                _removeDocument.Bind(1, key).Bind(2, writes[i].Id).Run();
            }
        }
    }

    private void WritePartition(string partition, PartitionRow? row, long key, long version, long? due, long? erasedAt)
    {
        if (row is null)
        {
            _addPartition.Bind(1, key).Bind(2, partition).Bind(3, version).Bind(4, PartitionShard.Of(partition)).Bind(5, due).Bind(6, erasedAt).Run();
            _cache.Add(partition, new PartitionRow { Key = key, Version = version, Due = due, ErasedAt = erasedAt });
            return;
        }

        if (row.Key != key)
        {
            _replacePartition.Bind(1, row.Key).Bind(2, key).Bind(3, version).Bind(4, due).Bind(5, erasedAt).Run();
        }
        else if (row.Due != due)
        {
            _setVersionAndDue.Bind(1, key).Bind(2, version).Bind(3, due).Run();
        }
        else
        {
            _setVersion.Bind(1, key).Bind(2, version).Run();
        }

        (row.Key, row.Version, row.Due, row.ErasedAt) = (key, version, due, erasedAt);
    }

    private PartitionRow? Find(string partition)
    {
        if (_cache.Find(partition) is { } known)
        {
            return known;
        }

        if (!_findPartition.Bind(1, partition).Step())
        {
            return null;
        }

        var row = new PartitionRow
        {
            Key = _findPartition.Number(0),
            Version = _findPartition.Number(1),
            Due = _findPartition.IsNull(2) ? null : _findPartition.Number(2),
            ErasedAt = _findPartition.IsNull(3) ? null : _findPartition.Number(3),
        };
        _findPartition.Reset();
        _cache.Add(partition, row);
        return row;
    }
}
