using Granary.Core.Storage.Writing;

namespace Granary.Storage.Sqlite.Writing;

/// <summary>The writes that wait for the writer thread: many callers add, one thread takes.</summary>
internal sealed class WriteQueue
{
    private readonly Lock _gate = new();
    private readonly Queue<PendingWrite> _writes = new();
    private readonly SemaphoreSlim _signal = new(0);
    private bool _sleeping;
    private bool _closed;

    /// <summary>Adds a write.</summary>
    /// <returns>False once the queue is closed.</returns>
    public bool TryAdd(PendingWrite write)
    {
        lock (_gate)
        {
            if (_closed)
            {
                return false;
            }

            _writes.Enqueue(write);
            Wake();
            return true;
        }
    }

    /// <summary>Takes the next write that was not withdrawn, if there is one.</summary>
    public PendingWrite? TryTake()
    {
        lock (_gate)
        {
            return Next();
        }
    }

    /// <summary>Takes the next write, waiting for it.</summary>
    /// <param name="wait">How long to wait.</param>
    /// <param name="finished">Whether there is nothing and there will be nothing: the queue is closed and empty.</param>
    /// <returns>Null when the time is over or the queue is finished.</returns>
    public PendingWrite? Take(TimeSpan wait, out bool finished)
    {
        lock (_gate)
        {
            var write = Next();
            finished = write is null && _closed;
            if (write is not null || finished || wait == TimeSpan.Zero)
            {
                return write;
            }

            _sleeping = true;
        }

        _signal.Wait(wait);
        lock (_gate)
        {
            if (_sleeping)
            {
                _sleeping = false;
            }
            else
            {
                // Woken, perhaps just after the wait had ended: the signal must not be left for the next sleep.
                _signal.Wait(0);
            }

            var write = Next();
            finished = write is null && _closed;
            return write;
        }
    }

    /// <summary>Refuses further writes; those that wait are still taken.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
            Wake();
        }
    }

    private PendingWrite? Next()
    {
        while (_writes.TryDequeue(out var write))
        {
            if (write.TryBegin())
            {
                return write;
            }
        }

        return null;
    }

    private void Wake()
    {
        if (_sleeping)
        {
            _sleeping = false;
            _signal.Release();
        }
    }
}
