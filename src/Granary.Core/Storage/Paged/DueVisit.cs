namespace Granary.Core.Storage.Paged;

/// <summary>What a look at the due partitions of a shard has found so far. Thread-safe.</summary>
internal sealed class DueVisit(DateTimeOffset until)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, DuePartition> _due = new(StringComparer.Ordinal);
    private readonly List<StorageException> _failures = [];
    private List<string> _false = [];

    public DateTimeOffset Until => until;

    /// <summary>Entries that were looked at and stay in the list.</summary>
    public int Staying { get; private set; }

    public IReadOnlyCollection<DuePartition> Due => _due.Values;

    /// <summary>Notes a partition that is due, once for all its entries.</summary>
    public void Add(DuePartition partition)
    {
        lock (_gate)
        {
            _due[partition.Partition] = partition;
        }
    }

    /// <summary>Notes an entry that could not be looked at; it stays.</summary>
    public void Fail(string key, StorageException exception)
    {
        lock (_gate)
        {
            _failures.Add(exception);
        }

        Leave(key, isFalse: false);
    }

    /// <exception cref="StorageException">Not one of the entries could be looked at: it is the store that fails.</exception>
    public void ThrowIfAllFailed(int entries)
    {
        if (_failures.Count > 0 && _failures.Count == entries)
        {
            throw new StorageException($"None of {entries} due partitions could be read.", _failures[0]);
        }
    }

    /// <summary>Notes whether an entry stays in the list or is to be removed.</summary>
    public void Leave(string key, bool isFalse)
    {
        lock (_gate)
        {
            if (isFalse)
            {
                _false.Add(key);
            }
            else
            {
                Staying++;
            }
        }
    }

    /// <summary>Notes that false entries could not be removed.</summary>
    public void Stay(int entries)
    {
        lock (_gate)
        {
            Staying += entries;
        }
    }

    public List<string> TakeFalse()
    {
        lock (_gate)
        {
            (var taken, _false) = (_false, []);
            return taken;
        }
    }
}
