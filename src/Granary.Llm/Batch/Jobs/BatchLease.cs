using Granary.Core.Storage;

namespace Granary.Llm.Batch.Jobs;

/// <summary>Another process works on the batch now, or it is erased: whoever thought to work on it stops.</summary>
internal sealed class LeaseLostException(string partition) : Exception($"{partition} is somebody else's now.");

/// <summary>
/// The right to work on a batch, held in its head. Every commit checks the partition's version and renews the lease, so a holder that was too slow
/// loses at its next commit, whatever the clocks say.
/// </summary>
internal sealed class BatchLease : IDisposable
{
    /// <summary>How often a commit is tried while the store fails: for about 12 seconds.</summary>
    private const int MaxAttempts = 6;

    /// <summary>How often others may come between before this holder gives up and begins anew.</summary>
    private const int MaxConflicts = 20;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(200);

    private readonly IPartitionStore _store;
    private readonly TimeProvider _time;
    private readonly TimeSpan _length;
    private readonly string _owner;
    private readonly SemaphoreSlim _gate = new(1);
    private PartitionVersion _version;

    private BatchLease(IPartitionStore store, TimeProvider time, TimeSpan length, string partition, string owner, BatchHead head, PartitionVersion version)
    {
        (_store, _time, _length, Partition, _owner, Head, _version) = (store, time, length, partition, owner, head, version);
    }

    public string Partition { get; }

    /// <summary>The head as last committed or read.</summary>
    public BatchHead Head { get; private set; }

    /// <summary>Takes a batch that nobody works on.</summary>
    /// <returns>The lease, or null if there is no such batch, it is over, not yet whole, not yet due, or somebody else's.</returns>
    public static async Task<BatchLease?> TryClaimAsync(
        IPartitionStore store, TimeProvider time, TimeSpan length, string partition, CancellationToken cancellationToken)
    {
        var (head, version) = await ReadAsync(store, partition, cancellationToken).ConfigureAwait(false);
        var now = time.GetUtcNow();
        if (head is null || head.Receiving || head.IsOver || head.DueAt > now || (head.LeaseOwner is not null && head.LeaseUntil > now))
        {
            return null;
        }

        var lease = new BatchLease(store, time, length, partition, Guid.NewGuid().ToString("n"), head, version);
        var claimed = head with { LeaseOwner = lease._owner, LeaseUntil = now + length, Status = BatchStatus.Running, StartedAt = head.StartedAt ?? now, DueAt = null };
        var result = await store.CommitAsync(lease.Commit([], claimed), cancellationToken).ConfigureAwait(false);
        if (result.Status != CommitStatus.Committed)
        {
            lease.Dispose();
            return null;
        }

        lease.Accept(claimed, result.Version);
        return lease;
    }

    /// <summary>The head of a batch and the partition's version.</summary>
    public static async Task<(BatchHead? Head, PartitionVersion Version)> ReadAsync(IPartitionStore store, string partition, CancellationToken cancellationToken)
    {
        var page = await store.GetAsync(partition, [BatchPartitions.Head], cancellationToken).ConfigureAwait(false);
        return page.Documents.Count == 0 ? (null, page.Version) : (BatchPartitions.Read(page.Documents[0], BatchJson.Default.BatchHead), page.Version);
    }

    /// <summary>
    /// Commits documents together with a change of the head, however often others (a cancellation) or the store come between. Documents that are
    /// inserted are inserted once: if they are there, an earlier try of unknown outcome was applied, with its change of the head.
    /// </summary>
    /// <exception cref="LeaseLostException">The batch is somebody else's.</exception>
    /// <exception cref="StorageException">The store failed again and again; whether the commit was applied is unknown.</exception>
    public async Task CommitAsync(IReadOnlyList<DocumentWrite> writes, Func<BatchHead, BatchHead> change, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var isUnknown = false;
            for (var attempt = 1; ; attempt++)
            {
                try
                {
                    if (attempt > 1)
                    {
                        await ReloadAsync(cancellationToken).ConfigureAwait(false);
                    }

                    if (await TryCommitAsync(writes, change(Head), isUnknown, cancellationToken).ConfigureAwait(false))
                    {
                        return;
                    }

                    if (attempt >= MaxConflicts)
                    {
                        throw new LeaseLostException(Partition);
                    }
                }
                catch (StorageException) when (attempt < MaxAttempts)
                {
                    isUnknown = true;
                    await Task.Delay(FirstPause * (1 << attempt), _time, cancellationToken).ConfigureAwait(false);
                }
            }
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <returns>Whether it is done; false after a conflict.</returns>
    private async Task<bool> TryCommitAsync(IReadOnlyList<DocumentWrite> writes, BatchHead head, bool isUnknown, CancellationToken cancellationToken)
    {
        head = head.LeaseOwner == _owner ? head with { LeaseUntil = _time.GetUtcNow() + _length } : head;
        var result = await _store.CommitAsync(Commit(writes, head), cancellationToken).ConfigureAwait(false);
        switch (result.Status)
        {
            case CommitStatus.Committed:
                Accept(head, result.Version);
                return true;
            case CommitStatus.DocumentExists:
                return isUnknown ? true : throw new InvalidOperationException($"A document of {Partition} is inserted twice.");
            case CommitStatus.Erased:
                throw new LeaseLostException(Partition);
            default:
                return false;
        }
    }

    /// <summary>Reads what others may have changed.</summary>
    /// <exception cref="LeaseLostException">The batch is somebody else's.</exception>
    private async Task ReloadAsync(CancellationToken cancellationToken)
    {
        var (head, version) = await ReadAsync(_store, Partition, cancellationToken).ConfigureAwait(false);
        if (head is null || head.LeaseOwner != _owner)
        {
            throw new LeaseLostException(Partition);
        }

        Accept(head, version);
    }

    /// <summary>
    /// Makes sure that the batch is still this holder's, before something is done outside that cannot be undone by a commit that fails: renews the lease where
    /// the heartbeat has not done so for a while.
    /// </summary>
    /// <exception cref="LeaseLostException">The batch is somebody else's.</exception>
    /// <exception cref="StorageException">The store failed again and again: whose it is cannot be said.</exception>
    public Task RequireAsync(CancellationToken cancellationToken) =>
        Head.LeaseUntil - _time.GetUtcNow() > _length / 2 ? Task.CompletedTask : CommitAsync([], head => head, cancellationToken);

    /// <summary>Gives the batch back.</summary>
    /// <param name="change">How it is left; without <see cref="BatchHead.DueAt"/> nobody looks again.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task ReleaseAsync(Func<BatchHead, BatchHead> change, CancellationToken cancellationToken) =>
        CommitAsync([], head => change(head) with { LeaseOwner = null, LeaseUntil = null }, cancellationToken);

    public void Dispose() => _gate.Dispose();

    // While it is held, maintenance looks when the lease would be over: then its holder is gone.
    private PartitionCommit Commit(IReadOnlyList<DocumentWrite> writes, BatchHead head) => new()
    {
        Partition = Partition,
        Expected = _version,
        Writes = [.. writes, DocumentWrite.Put(BatchPartitions.Head, BatchPartitions.Bytes(head, BatchJson.Default.BatchHead))],
        DueAt = head.LeaseOwner is null ? head.DueAt : head.LeaseUntil,
    };

    private void Accept(BatchHead head, PartitionVersion version) => (Head, _version) = (head, version);
}
