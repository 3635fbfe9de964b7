using System.Threading.Channels;
using Granary.Core.Storage.Writing;

namespace Granary.Storage.Postgres.Writing;

/// <summary>
/// The writes that wait for one writer: many callers add, one loop takes. Gives them out as groups in which each partition appears once;
/// a second write of a partition waits for the next group, in order.
/// </summary>
internal sealed class WriteQueue(int maxCommits, int maxBytes)
{
    private readonly Channel<PendingWrite> _arriving = Channel.CreateUnbounded<PendingWrite>(new UnboundedChannelOptions { SingleReader = true });
    private readonly HashSet<string> _partitions = new(StringComparer.Ordinal);
    private Queue<PendingWrite> _held = new();
    private Queue<PendingWrite> _heldAgain = new();
    private long _bytes;

    /// <summary>Adds a write.</summary>
    /// <returns>False once the queue is closed.</returns>
    public bool TryAdd(PendingWrite write) => _arriving.Writer.TryWrite(write);

    /// <summary>Refuses further writes; those that wait are still taken.</summary>
    public void Close() => _arriving.Writer.TryComplete();

    /// <summary>Waits until there is something to take.</summary>
    /// <returns>False when the queue is closed and empty.</returns>
    public async ValueTask<bool> WaitAsync() => _held.Count > 0 || await _arriving.Reader.WaitToReadAsync().ConfigureAwait(false);

    /// <summary>Takes what waits, up to the bounds of a group; writes that were withdrawn are left out.</summary>
    /// <param name="group">Empty for a new group; otherwise what the last call gave, to which is added.</param>
    public void Take(List<PendingWrite> group)
    {
        if (group.Count == 0)
        {
            _partitions.Clear();
            _bytes = 0;
        }

        var held = _held.Count;
        while (group.Count < maxCommits && _bytes < maxBytes)
        {
            // What was held comes first; it is as old as anything that arrives.
            PendingWrite? write;
            if (held > 0)
            {
                held--;
                write = _held.Dequeue();
            }
            else if (!_arriving.Reader.TryRead(out write))
            {
                break;
            }

            if (_partitions.Contains(write.Partition))
            {
                _heldAgain.Enqueue(write);
            }
            else if (write.TryBegin())
            {
                _partitions.Add(write.Partition);
                group.Add(write);
                _bytes += write.Bytes;
            }
        }

        // Those that were not looked at are younger than the ones put back and older than what arrives.
        while (_held.TryDequeue(out var rest))
        {
            _heldAgain.Enqueue(rest);
        }

        (_held, _heldAgain) = (_heldAgain, _held);
    }
}
