namespace Granary.Storage.Sqlite.Writing;

/// <summary>
/// The rows of recently written partitions, so that a commit need not look its row up. Bounded by two generations: when the young one is
/// full it becomes the old one and the old one is forgotten. Only the writer changes rows, so the cache is right as long as it is emptied
/// when a transaction is rolled back.
/// </summary>
internal sealed class PartitionCache(int rowsPerGeneration)
{
    private Dictionary<string, PartitionRow> _young = [];
    private Dictionary<string, PartitionRow> _old = [];

    public PartitionRow? Find(string partition)
    {
        if (_young.TryGetValue(partition, out var row))
        {
            return row;
        }

        if (_old.TryGetValue(partition, out row))
        {
            Add(partition, row);
        }

        return row;
    }

    public void Add(string partition, PartitionRow row)
    {
        if (_young.Count >= rowsPerGeneration)
        {
            (_young, _old) = (_old, _young);
            _young.Clear();
        }

        _young[partition] = row;
    }

    public void Remove(string partition)
    {
        _young.Remove(partition);
        _old.Remove(partition);
    }

    public void Clear()
    {
        _young.Clear();
        _old.Clear();
    }
}
