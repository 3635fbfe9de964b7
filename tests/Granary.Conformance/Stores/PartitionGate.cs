using System.Threading.Channels;

namespace Granary.Conformance.Stores;

/// <summary>A barrier that reads or deletes stop at until it is disposed. Made by <see cref="FaultyPartitionStore"/>.</summary>
public sealed class PartitionGate : IDisposable
{
    private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Channel<string> _arrivals = Channel.CreateUnbounded<string>();
    private readonly Func<string, bool>? _when;

    internal PartitionGate(Func<string, bool>? when) => _when = when;

    /// <summary>Waits until the next call is held. Gives up after 30 seconds of real time.</summary>
    /// <returns>The partition of the call.</returns>
    public async Task<string> ArrivalAsync() => await _arrivals.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30)).ConfigureAwait(false);

    /// <summary>Opens the gate: held calls and those to come pass.</summary>
    public void Dispose() => _open.TrySetResult();

    internal Task PassAsync(string partition)
    {
        if (_open.Task.IsCompleted || _when?.Invoke(partition) == false)
        {
            return Task.CompletedTask;
        }

        _arrivals.Writer.TryWrite(partition);
        return _open.Task;
    }
}
