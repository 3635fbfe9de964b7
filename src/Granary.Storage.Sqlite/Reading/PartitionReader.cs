using Granary.Core.Storage;
using Granary.Storage.Sqlite.Interop;

namespace Granary.Storage.Sqlite.Reading;

/// <summary>A connection that reads: each page in one transaction, so that its version and its documents belong together. Used by one thread at a time.</summary>
internal sealed class PartitionReader : IDisposable
{
    private readonly Database _database;
    private readonly Statement _begin;
    private readonly Statement _end;
    private readonly Statement _partition;
    private readonly Statement _floor;
    private readonly Statement _range;
    private readonly Statement _document;
    private readonly Statement _due;

    private PartitionReader(Database database)
    {
        _database = database;
        _begin = database.Prepare("BEGIN");
        _end = database.Prepare("COMMIT");
        _partition = database.Prepare("SELECT key, version, erased_at FROM partitions WHERE id = ?1");
        _floor = database.Prepare("SELECT id FROM documents WHERE partition = ?1 AND id >= ?2 AND id <= ?3 ORDER BY id DESC LIMIT 1");
        _range = database.Prepare("SELECT id, body FROM documents WHERE partition = ?1 AND id >= ?2 AND id < ?3 ORDER BY id LIMIT ?4");
        _document = database.Prepare("SELECT body FROM documents WHERE partition = ?1 AND id = ?2");
        _due = database.Prepare(
            "SELECT id, due, erased_at FROM partitions WHERE shard = ?1 AND due <= ?2 ORDER BY due LIMIT ?3");
    }

    /// <summary>Opens a connection.</summary>
    /// <exception cref="SqliteFailure">It cannot be opened.</exception>
    public static PartitionReader Open(string path)
    {
        var database = Database.Open(path, OpenMode.Read, TimeSpan.FromSeconds(5));
        try
        {
            database.Execute("PRAGMA temp_store = MEMORY");
            return new PartitionReader(database);
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    /// <summary>Reads a page of a range.</summary>
    public PartitionPage Range(string partition, DocumentRange range) =>
        InTransaction(partition, key => Range(key, range));

    /// <summary>Reads documents by their ids.</summary>
    public PartitionPage Documents(string partition, IReadOnlyList<string> ids) =>
        InTransaction(partition, key => (Documents(key, ids), null));

    /// <summary>Reads what is due.</summary>
    public List<DuePartition> Due(int shard, DateTimeOffset until, int max)
    {
        var due = new List<DuePartition>();
        _due.Bind(1, shard).Bind(2, until.UtcTicks).Bind(3, max);
        while (_due.Step())
        {
            due.Add(new DuePartition(_due.Text(0), new DateTimeOffset(_due.Number(1), TimeSpan.Zero), Erased: !_due.IsNull(2)));
        }

        return due;
    }

    public void Dispose() => _database.Dispose();

    private PartitionPage InTransaction(string partition, Func<long, (List<Document> Documents, string? Next)> read)
    {
        _begin.Run();
        if (!_partition.Bind(1, partition).Step())
        {
            _end.Run();
            return PartitionPage.Missing;
        }

        var (key, version, erased) = (_partition.Number(0), _partition.Number(1), !_partition.IsNull(2));
        _partition.Reset();
        var (documents, next) = erased ? ([], null) : read(key);
        _end.Run();
        return new PartitionPage(erased ? PartitionVersion.None : new PartitionVersion(version), erased, documents, next);
    }

    private (List<Document> Documents, string? Next) Range(long key, DocumentRange range)
    {
        var documents = new List<Document>();
        string? next = null;
        var bytes = 0L;
        _range.Bind(1, key).Bind(2, Begin(key, range)).Bind(3, range.To).Bind(4, range.Limit + 1L);
        while (_range.Step())
        {
            var id = _range.Text(0);
            var body = _range.Bytes(1);
            bytes += id.Length + body.Length;
            if (documents.Count > 0 && (documents.Count == range.Limit || bytes > StorageLimits.PageBytes))
            {
                next = id;
                _range.Reset();
                break;
            }

            documents.Add(new Document(id, body.ToArray()));
        }

        return (documents, next);
    }

    /// <summary>Where the range begins: the greatest id from the floor to its start, or its start.</summary>
    private string Begin(long key, DocumentRange range)
    {
        if (range.Floor is null || !_floor.Bind(1, key).Bind(2, range.Floor).Bind(3, range.From).Step())
        {
            return range.From;
        }

        var id = _floor.Text(0);
        _floor.Reset();
        return id;
    }

    private List<Document> Documents(long key, IReadOnlyList<string> ids)
    {
        var documents = new List<Document>(ids.Count);
        foreach (var id in ids.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            if (_document.Bind(1, key).Bind(2, id).Step())
            {
                documents.Add(new Document(id, _document.Bytes(0).ToArray()));
                _document.Reset();
            }
        }

        return documents;
    }
}
