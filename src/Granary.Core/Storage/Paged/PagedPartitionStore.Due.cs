namespace Granary.Core.Storage.Paged;

public sealed partial class PagedPartitionStore
{
    /// <summary>How long an entry that nobody relies on stays: the commit that it was added for may still be under way.</summary>
    private static readonly TimeSpan EntryAge = TimeSpan.FromHours(1);

    /// <inheritdoc/>
    /// <remarks>
    /// Looks at the head of each entry's partition. A false entry is moved to when the partition really is due, or removed. An erasure that
    /// was broken off is brought to its end. Among more than <paramref name="max"/> due partitions, one that was listed for earlier than it
    /// is due may come before its turn.
    /// </remarks>
    public async ValueTask<IReadOnlyList<DuePartition>> DueAsync(int shard, DateTimeOffset until, int max, CancellationToken cancellationToken = default)
    {
        StorageGuard.CheckDue(shard, max);
        cancellationToken.ThrowIfCancellationRequested();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var visit = new DueVisit(until);
        while (true)
        {
            // What was seen and stays comes again: ask for as many more.
            var wanted = max + visit.Staying;
            var entries = await ListedAsync(shard, until, wanted, cancellationToken).ConfigureAwait(false);
            await _gateway.ForEachAsync(entries.Where(e => seen.Add(e.Key)), e => TryVisitAsync(e, visit, cancellationToken)).ConfigureAwait(false);
            var untrue = visit.TakeFalse();
            if (!await RemoveDueAsync(shard, untrue).ConfigureAwait(false))
            {
                visit.Stay(untrue.Count);
            }

            if (visit.Due.Count >= max || entries.Count < wanted)
            {
                visit.ThrowIfAllFailed(seen.Count);
                return [.. visit.Due.OrderBy(d => d.DueAt).Take(max)];
            }
        }
    }

    private async ValueTask TryVisitAsync(DueEntry entry, DueVisit visit, CancellationToken cancellationToken)
    {
        try
        {
            await VisitAsync(entry, visit, cancellationToken).ConfigureAwait(false);
        }
        catch (StorageException exception)
        {
            // One damaged partition must not keep the others of its shard from what is due.
            LogNotVisited(_logger, exception, entry.Partition);
            visit.Fail(entry.Key, exception);
        }
    }

    private async ValueTask VisitAsync(DueEntry entry, DueVisit visit, CancellationToken cancellationToken)
    {
        for (var i = 0; i < MaxAttempts; i++)
        {
            var known = await _heads.ReadAsync(entry.Partition, cancellationToken).ConfigureAwait(false);
            if (known.Head is { State: HeadState.Erasing })
            {
                await FinishErasureAsync(entry.Partition, known).ConfigureAwait(false);
                continue;
            }

            var due = known.Head?.EffectiveDue;
            if (due <= visit.Until)
            {
                visit.Add(new DuePartition(entry.Partition, due.Value, known.Head!.IsErased));
            }

            if (known.Head?.Listed?.Key != entry.Key)
            {
                visit.Leave(entry.Key, isFalse: _time.GetUtcNow() - entry.AddedAt >= EntryAge);
                return;
            }

            // The one that the partition relies on goes only after the head has another, or needs none.
            if (due <= visit.Until || await TryMoveAsync(entry.Partition, known, due).ConfigureAwait(false))
            {
                visit.Leave(entry.Key, isFalse: !(due <= visit.Until));
                return;
            }
        }

        visit.Leave(entry.Key, isFalse: false);
    }

    private async ValueTask<bool> TryMoveAsync(string partition, KnownHead known, DateTimeOffset? due)
    {
        try
        {
            // A good moment for what no commit came to do.
            var garbage = await _garbage.RemoveExpiredAsync(partition, known.Head!.Garbage, _time.GetUtcNow()).ConfigureAwait(false);

            // Right before the head that relies on it, so that it is young.
            var listed = due is { } at ? await AddDueAsync(partition, at).ConfigureAwait(false) : null;
            await _heads.WriteAsync(partition, known.Head with { Listed = listed, Garbage = garbage }, known).ConfigureAwait(false);
            return true;
        }
        catch (RecordConflictException)
        {
            return false;
        }
    }

    private async ValueTask<ListedDue> AddDueAsync(string partition, DateTimeOffset due)
    {
        try
        {
            return new ListedDue(due, await _due.AddAsync(PartitionShard.Of(partition), partition, due, CancellationToken.None).ConfigureAwait(false));
        }
        catch (Exception exception) when (exception is not StorageException)
        {
            throw new StorageException($"The due list of partition '{partition}' failed: {exception.Message}", exception);
        }
    }

    private async ValueTask<IReadOnlyList<DueEntry>> ListedAsync(int shard, DateTimeOffset until, int max, CancellationToken cancellationToken)
    {
        try
        {
            return await _due.DueAsync(shard, until, max, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is not StorageException && !cancellationToken.IsCancellationRequested)
        {
            throw new StorageException($"The due list of shard {shard} failed: {exception.Message}", exception);
        }
    }

    /// <returns>Whether they are gone.</returns>
    private async ValueTask<bool> RemoveDueAsync(int shard, IReadOnlyList<string> keys)
    {
        if (keys.Count == 0)
        {
            return true;
        }

        try
        {
            await _due.RemoveAsync(shard, keys, CancellationToken.None).ConfigureAwait(false);
            return true;
        }
        catch (Exception exception)
        {
            // They stay false, and are found again.
            LogNotRemoved(_logger, exception, shard);
            return false;
        }
    }
}
