using System.Threading.Channels;
using Granary.Core.Storage;

namespace Granary.Conformance.Stores;

/// <summary>
/// A barrier that commits stop at: a test waits until one is held, looks at the world as it is then, and lets it go on or fail.
/// Made by <see cref="FaultyPartitionStore.HoldCommits"/>; disposing opens it for good.
/// </summary>
public sealed class CommitGate : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Queue<TaskCompletionSource> _held = new();
    private readonly Channel<PartitionCommit> _arrivals = Channel.CreateUnbounded<PartitionCommit>();
    private bool _open;

    internal CommitGate(FaultPoint point, Func<PartitionCommit, bool>? when) => (Point, When) = (point, when);

    /// <summary>How many commits are held now.</summary>
    public int Held
    {
        get
        {
            lock (_gate)
            {
                return _held.Count;
            }
        }
    }

    internal FaultPoint Point { get; }

    internal Func<PartitionCommit, bool>? When { get; }

    /// <summary>Waits until the next commit is held (each is returned once, in order of arrival). Gives up after 30 seconds of real time.</summary>
    public async Task<PartitionCommit> ArrivalAsync() =>
        await _arrivals.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30)).ConfigureAwait(false);

    /// <summary>Lets the commit go on that has been held the longest.</summary>
    public void ReleaseOne() => Take().SetResult();

    /// <summary>Fails the commit that has been held the longest; what it wrote before the gate stays written.</summary>
    public void FailOne() => Take().SetException(new StorageException("The gate failed this commit."));

    /// <summary>Opens the gate: held commits and those to come pass.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _open = true;
            while (_held.TryDequeue(out var held))
            {
                held.SetResult();
            }
        }
    }

    internal async Task PassAsync(PartitionCommit commit, FaultPoint point, CancellationToken cancellationToken)
    {
        if (point != Point || When?.Invoke(commit) == false)
        {
            return;
        }

        var passage = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (_open)
            {
                return;
            }

            _held.Enqueue(passage);
        }

        _arrivals.Writer.TryWrite(commit);

        // Once written, a commit is not cancelled any more: that would tell the caller that nothing was written.
        await passage.Task.WaitAsync(point is FaultPoint.BeforeWrite ? cancellationToken : CancellationToken.None).ConfigureAwait(false);
    }

    private TaskCompletionSource Take()
    {
        lock (_gate)
        {
            return _held.TryDequeue(out var held) ? held : throw new InvalidOperationException("No commit is held at the gate.");
        }
    }
}
