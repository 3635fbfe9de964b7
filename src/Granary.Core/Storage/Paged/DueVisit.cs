namespace Granary.Core.Storage.Paged;

/// <summary>What a look at the due partitions of a shard has found so far. Thread-safe.</summary>
internal sealed class DueVisit(DateTimeOffset until)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, DuePartition> _due = new(StringComparer.Ordinal);
    private List<string> _false = [];

    public DateTimeOffset Until => until;

    /// <summary>Entries that were looked at and stay in the list.</summary>
    public int Staying { get; private set; }

    public IReadOnlyCollection<DuePartition> Due => _due.Values;

    /// <returns>False if it was found by another entry.</returns>
    public bool TryAdd(DuePartition partition)
    {
        lock (_gate)
        {
            if (!_due.TryAdd(partition.Partition, partition))
            {
                return false;
            }

            Staying++;
            return true;
        }
    }

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

    public List<string> TakeFalse()
    {
        lock (_gate)
        {
            (var taken, _false) = (_false, []);
            return taken;
        }
    }
}
