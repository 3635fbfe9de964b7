using Granary.Core.Storage;

namespace Granary.Core.Actors;

/// <summary>
/// The base of every actor: one partition, one commit in flight, the rest joins the next.
/// </summary>
/// <remarks>
/// The concurrency rule: a call runs alone up to its first storage await, then others may enter. The actor's memory is touched only under
/// <see cref="Gate"/>, which is never held across an await; so each step between awaits is one turn of the actor, in every host.
/// After a failed commit the actor is <see cref="IsLost"/>: everything in its queue fails with it, and the host forgets it.
/// </remarks>
internal abstract class PartitionActor(string partition, IPartitionStore store)
{
    private readonly List<PartitionChange> _waiting = [];
    private bool _committing;
    private Exception? _lost;

    /// <summary>Guards the actor's memory. Never held across an await.</summary>
    protected Lock Gate { get; } = new();

    /// <summary>The partition's id.</summary>
    protected string Partition { get; } = partition;

    protected IPartitionStore Store { get; } = store;

    /// <summary>The version that the next commit expects.</summary>
    protected PartitionVersion Version { get; set; }

    /// <summary>Whether the actor must be loaded anew.</summary>
    public bool IsLost => Volatile.Read(ref _lost) is not null;

    /// <summary>Whether something is on its way to the store.</summary>
    public bool IsCommitting
    {
        get
        {
            lock (Gate)
            {
                return _committing;
            }
        }
    }

    /// <summary>When maintenance should look at the partition, as of the changes enqueued so far. Called under the gate.</summary>
    protected abstract DateTimeOffset? DueAt();

    /// <summary>Called under the gate after changes were applied.</summary>
    protected virtual void OnApplied()
    {
    }

    /// <summary>Called outside the gate when the actor was lost.</summary>
    protected virtual void OnLost()
    {
    }

    /// <summary>Throws if the actor must be loaded anew. Called under the gate, at the start of every turn.</summary>
    /// <exception cref="ActivationLostException">It must.</exception>
    protected void EnsureNotLost()
    {
        if (_lost is not null)
        {
            throw new ActivationLostException("The activation was lost.");
        }
    }

    /// <summary>Puts a change in the queue. Called under the gate.</summary>
    /// <returns>Whether the caller must call <see cref="Pump"/> after it has left the gate.</returns>
    protected bool Enqueue(PartitionChange change)
    {
        _waiting.Add(change);
        if (_committing)
        {
            return false;
        }

        _committing = true;
        return true;
    }

    /// <summary>Sends what waits to the store. Called outside the gate, when <see cref="Enqueue"/> said so.</summary>
    protected void Pump() => _ = PumpAsync();

    /// <summary>Enqueues a change and waits until it is durable.</summary>
    /// <param name="change">The change.</param>
    /// <param name="check">Runs under the gate before; what it throws is thrown, and nothing is enqueued.</param>
    protected Task<T> CommitAsync<T>(PartitionChange<T> change, Action? check = null)
    {
        bool pump;
        lock (Gate)
        {
            EnsureNotLost();
            check?.Invoke();
            pump = Enqueue(change);
        }

        if (pump)
        {
            Pump();
        }

        return change.Done;
    }

    /// <summary>Waits until everything enqueued so far is durable.</summary>
    protected Task SettleAsync()
    {
        var barrier = new PartitionChange<bool>([], static () => true);
        lock (Gate)
        {
            EnsureNotLost();
            if (!_committing)
            {
                return Task.CompletedTask;
            }

            _waiting.Add(barrier);
        }

        return barrier.Done;
    }

    /// <summary>What callers see of a failed read.</summary>
    protected static UnavailableException StoreFailed(StorageException exception) =>
        new(ErrorCodes.StorageUnavailable, exception.Message, TimeSpan.FromSeconds(1), exception);

    /// <summary>Makes the host forget this activation: the next call loads it anew. Called under the gate.</summary>
    protected void Abandon() => _lost ??= new ActivationLostException("The activation was given up.");

    /// <summary>
    /// Ends the activation: waits for what is on its way to the store, then refuses everything else, so that work in the background does not write any more.
    /// </summary>
    /// <param name="cancellationToken">Ends the wait, not what is on its way.</param>
    public async Task LeaveAsync(CancellationToken cancellationToken)
    {
        try
        {
            await SettleAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is OperationCanceledException or ActivationLostException or MemoryException)
        {
            // Whoever waits for a commit hears of it from the commit.
        }

        lock (Gate)
        {
            Abandon();
        }

        OnLost();
    }

    private async Task PumpAsync()
    {
        PartitionChange[] batch;
        ValueTask<CommitResult> commit;
        lock (Gate)
        {
            batch = TakeBatch();
            commit = Send(batch);
        }

        while (true)
        {
            CommitResult result;
            try
            {
                result = await commit.ConfigureAwait(false);
            }
            catch (Exception exception)
            {
                var reason = exception is StorageException ? exception.Message : "The store failed.";
                Lose(batch, new UnavailableException(
                    ErrorCodes.StorageUnavailable, $"{reason} Repeat the call with the same idempotency key.", TimeSpan.FromSeconds(1), exception));
                return;
            }

            if (result.Status != CommitStatus.Committed)
            {
                Lose(batch, result.Status == CommitStatus.Erased
                    ? new ErasedException("It was erased.")
                    : new ActivationLostException($"The commit was refused: {result.Status}."));
                return;
            }

            // The next commit is under way before the callers of this one hear of it.
            var applied = batch;
            Exception? broken = null;
            lock (Gate)
            {
                Version = result.Version;
                try
                {
                    foreach (var change in applied)
                    {
                        change.Apply();
                    }

                    OnApplied();
                    batch = TakeBatch();
                    _committing = batch.Length > 0;
                    commit = _committing ? Send(batch) : default;
                }
                catch (Exception exception)
                {
                    broken = exception;
                }
            }

            if (broken is not null)
            {
                // Durable, yet memory does not show it: nobody may go on with this activation, and nobody may wait for ever.
                Lose(applied, new UnavailableException(
                    ErrorCodes.StorageUnavailable, "The session could not take over what was stored; repeat the call with the same idempotency key.", TimeSpan.FromSeconds(1), broken));
                return;
            }

            foreach (var change in applied)
            {
                change.Complete();
            }

            if (batch.Length == 0)
            {
                return;
            }
        }
    }

    private PartitionChange[] TakeBatch()
    {
        var documents = 0;
        var bytes = 0;
        var count = 0;
        while (count < _waiting.Count)
        {
            documents += _waiting[count].Writes.Count;
            bytes += _waiting[count].Bytes;
            if (count > 0 && (documents > StorageLimits.MaxDocumentsPerCommit || bytes > StorageLimits.MaxBytesPerCommit))
            {
                break;
            }

            count++;
        }

        if (count == 0)
        {
            return [];
        }

        var batch = _waiting.GetRange(0, count).ToArray();
        _waiting.RemoveRange(0, count);
        return batch;
    }

    private ValueTask<CommitResult> Send(PartitionChange[] batch)
    {
        var writes = batch[0].Writes;
        var recreate = batch[0].Recreate;
        if (batch.Length > 1)
        {
            // Later writes of a document (the head, above all) win over earlier ones of the same commit.
            var merged = new List<DocumentWrite>(batch.Length * 2);
            var places = new Dictionary<string, int>(StringComparer.Ordinal);
            foreach (var change in batch)
            {
                recreate |= change.Recreate;
                for (var i = 0; i < change.Writes.Count; i++)
                {
                    var write = change.Writes[i];
                    if (places.TryGetValue(write.Id, out var place))
                    {
                        merged[place] = write;
                    }
                    else
                    {
                        places.Add(write.Id, merged.Count);
                        merged.Add(write);
                    }
                }
            }

            writes = merged;
        }

        try
        {
            return Store.CommitAsync(new PartitionCommit
            {
                Partition = Partition,
                Expected = Version,
                Writes = writes,
                DueAt = DueAt(),
                Recreate = recreate,
            });
        }
        catch (Exception exception)
        {
            return ValueTask.FromException<CommitResult>(exception);
        }
    }

    private void Lose(PartitionChange[] batch, Exception exception)
    {
        PartitionChange[] behind;
        lock (Gate)
        {
            _lost = exception;
            behind = _waiting.ToArray();
            _waiting.Clear();
            _committing = false;
        }

        MemoryInstruments.ActivationLost();
        foreach (var change in batch)
        {
            change.Fail(exception);
        }

        // What waited behind was never sent: it is safe to repeat on a new activation, unless the store itself is down.
        var notSent = exception is UnavailableException ? exception : new ActivationLostException("A commit before this one was refused.");
        foreach (var change in behind)
        {
            change.Fail(notSent);
        }

        OnLost();
    }
}
