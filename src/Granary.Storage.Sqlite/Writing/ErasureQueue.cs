using Granary.Storage.Sqlite.Interop;

namespace Granary.Storage.Sqlite.Writing;

/// <summary>
/// Removes the documents of erased partitions a bounded number per transaction, so that erasing a large one does not stop all other writers.
/// What waits is a table, so a restart goes on with it.
/// </summary>
internal sealed class ErasureQueue
{
    /// <summary>About a megabyte of messages, some milliseconds of work.</summary>
    private const int DocumentsPerTransaction = 512;

    private readonly Database _database;
    private readonly Statement _add;
    private readonly Statement _load;
    private readonly Statement _removeDocuments;
    private readonly Statement _remove;
    private readonly List<(long Key, string Partition)> _waiting = [];

    public ErasureQueue(Database database)
    {
        _database = database;
        _add = database.Prepare("INSERT INTO erasures(key, id) VALUES (?1, ?2)");
        _load = database.Prepare("SELECT key, id FROM erasures ORDER BY key");
        _removeDocuments = database.Prepare(
            "DELETE FROM documents WHERE partition = ?1 AND id IN (SELECT id FROM documents WHERE partition = ?1 ORDER BY id LIMIT ?2)");
        _remove = database.Prepare("DELETE FROM erasures WHERE key = ?1");
        Load();
    }

    public bool IsEmpty => _waiting.Count == 0;

    /// <summary>Whether documents of an erased partition of this id still wait.</summary>
    public bool Contains(string partition) => _waiting.Exists(w => string.Equals(w.Partition, partition, StringComparison.Ordinal));

    public void Add(long key, string partition)
    {
        _add.Bind(1, key).Bind(2, partition).Run();
        _waiting.Add((key, partition));
    }

    /// <summary>Removes some documents within the open transaction.</summary>
    public void RemoveSome()
    {
        var left = DocumentsPerTransaction;
        while (left > 0 && _waiting.Count > 0)
        {
            var key = _waiting[0].Key;
            _removeDocuments.Bind(1, key).Bind(2, left).Run();
            var removed = _database.Changes;
            if (removed < left)
            {
                _remove.Bind(1, key).Run();
                _waiting.RemoveAt(0);
            }

            left -= Math.Max(removed, 1);
        }
    }

    /// <summary>The transaction was rolled back: what waits is what the table says.</summary>
    public void RolledBack() => Load();

    private void Load()
    {
        _waiting.Clear();
        while (_load.Step())
        {
            _waiting.Add((_load.Number(0), _load.Text(1)));
        }
    }
}
