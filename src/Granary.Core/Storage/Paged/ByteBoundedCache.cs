namespace Granary.Core.Storage.Paged;

/// <summary>Keeps what was used last within a number of bytes. Thread-safe.</summary>
internal sealed class ByteBoundedCache<TKey, TValue>(long maxBytes)
    where TKey : notnull
{
    private readonly Lock _gate = new();
    private readonly Dictionary<TKey, LinkedListNode<(TKey Key, TValue Value, int Bytes)>> _nodes = [];
    private readonly LinkedList<(TKey Key, TValue Value, int Bytes)> _byUse = [];
    private long _bytes;

    public bool TryGet(TKey key, out TValue value)
    {
        lock (_gate)
        {
            if (!_nodes.TryGetValue(key, out var node))
            {
                value = default!;
                return false;
            }

            _byUse.Remove(node);
            _byUse.AddFirst(node);
            value = node.Value.Value;
            return true;
        }
    }

    public void Set(TKey key, TValue value, int bytes)
    {
        lock (_gate)
        {
            RemoveHere(key);
            _nodes.Add(key, _byUse.AddFirst((key, value, bytes)));
            _bytes += bytes;
            while (_bytes > maxBytes && _byUse.Last is { } last)
            {
                RemoveHere(last.Value.Key);
            }
        }
    }

    public void Remove(TKey key)
    {
        lock (_gate)
        {
            RemoveHere(key);
        }
    }

    private void RemoveHere(TKey key)
    {
        if (_nodes.Remove(key, out var node))
        {
            _byUse.Remove(node);
            _bytes -= node.Value.Bytes;
        }
    }
}
