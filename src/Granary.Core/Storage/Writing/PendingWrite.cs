namespace Granary.Core.Storage.Writing;

/// <summary>What a caller asks of a store's writer.</summary>
internal enum WriteAction
{
    Commit,
    Erase,
    Purge,
    Probe,
}

/// <summary>A caller's write on its way through a store's writer. Until the writer begins it, the caller may withdraw it.</summary>
internal sealed class PendingWrite(WriteAction action, string partition, PartitionCommit? commit, int bytes)
{
    private const int Waiting = 0;
    private const int Begun = 1;
    private const int Withdrawn = 2;

    // The writer completes it and must not run what the caller does next.
    private readonly TaskCompletionSource<CommitResult> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _state = Waiting;

    public WriteAction Action => action;

    public string Partition => partition;

    /// <summary>The commit; null for the other actions.</summary>
    public PartitionCommit? Commit => commit;

    public int Bytes => bytes;

    /// <summary>The version that an erasure expects.</summary>
    public PartitionVersion Expected { get; init; }

    /// <summary>What the writer found, for <see cref="Complete"/> to tell the caller once it is durable.</summary>
    public CommitResult Result { get; set; }

    public Task<CommitResult> Done => _done.Task;

    /// <summary>Takes it for writing.</summary>
    /// <returns>False if the caller has withdrawn it.</returns>
    public bool TryBegin() => Interlocked.CompareExchange(ref _state, Begun, Waiting) == Waiting;

    /// <summary>Ends it as cancelled, unless the writer has begun.</summary>
    public void Withdraw(CancellationToken cancellationToken)
    {
        if (Interlocked.CompareExchange(ref _state, Withdrawn, Waiting) == Waiting)
        {
            _done.SetCanceled(cancellationToken);
        }
    }

    public void Complete() => _done.SetResult(Result);

    /// <summary>Ends it with an error, unless it was answered before.</summary>
    public void Fail(Exception exception) => _done.TrySetException(exception);
}
