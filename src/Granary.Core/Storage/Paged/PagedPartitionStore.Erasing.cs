using System.Collections.Immutable;

namespace Granary.Core.Storage.Paged;

public sealed partial class PagedPartitionStore
{
    /// <inheritdoc/>
    public async ValueTask<bool> DeleteAsync(string partition, PartitionVersion expected, CancellationToken cancellationToken = default)
    {
        StorageGuard.CheckPartition(partition);
        cancellationToken.ThrowIfCancellationRequested();
        var attempt = new CommitAttempt(Random.Shared.NextInt64());
        for (var i = 0; i < MaxAttempts; i++)
        {
            var known = await _heads.ReadAsync(partition, attempt.Began ? CancellationToken.None : cancellationToken).ConfigureAwait(false);
            switch (known.Head?.State)
            {
                case HeadState.Tombstone:
                    return true;
                case HeadState.Erasing:
                    await FinishErasureAsync(partition, known).ConfigureAwait(false);
                    continue;
                case HeadState.Live when known.Head.Version != expected.Value:
                    if (attempt.WasApplied(known.Head) is null)
                    {
                        return false;
                    }

                    throw new StorageException($"Partition '{partition}' was erased and made anew while this call was at it.");
            }

            if (await TryBeginErasureAsync(partition, known, attempt).ConfigureAwait(false) is { } begun)
            {
                await FinishErasureAsync(partition, begun).ConfigureAwait(false);
            }
        }

        throw Contended(partition);
    }

    /// <inheritdoc/>
    public async ValueTask PurgeAsync(string partition, CancellationToken cancellationToken = default)
    {
        StorageGuard.CheckPartition(partition);
        var known = await _heads.ReadAsync(partition, cancellationToken).ConfigureAwait(false);
        if (known.Head is { ErasedAt: { } erasedAt } && erasedAt + StorageLimits.TombstoneLifetime <= _time.GetUtcNow())
        {
            if (known.Head.State is HeadState.Erasing)
            {
                await RemoveAllPagesAsync(partition, known.Head).ConfigureAwait(false);
            }

            await ForgetTombstoneAsync(partition, known).ConfigureAwait(false);
        }
    }

    /// <summary>Whether a purge may come within the time that a commit takes.</summary>
    private bool IsAboutToBePurged(PartitionHead tombstone) =>
        tombstone.EffectiveDue - _options.Limits.GarbageAge <= _time.GetUtcNow();

    private async ValueTask ForgetTombstoneAsync(string partition, KnownHead known)
    {
        var head = known.Head!;

        // Again: a writer that was overtaken by the erasure may have left a page after it.
        await RemoveRecentFlushesAsync(partition, head, _gateway.DeleteFlushAsync).ConfigureAwait(false);
        try
        {
            await _heads.DeleteAsync(partition, known).ConfigureAwait(false);
        }
        catch (RecordConflictException)
        {
            // Begun anew meanwhile.
            return;
        }

        if (head.Listed is { } listed)
        {
            await RemoveDueAsync(PartitionShard.Of(partition), [listed.Key]).ConfigureAwait(false);
        }
    }

    /// <summary>Writes a head without content that still names the pages: from here on it is erased, whatever happens.</summary>
    /// <returns>The head; null if another writer came first.</returns>
    private async ValueTask<KnownHead?> TryBeginErasureAsync(string partition, KnownHead known, CommitAttempt attempt)
    {
        var now = _time.GetUtcNow();
        var next = known.Head is { } head ? head with { Version = head.Version + 1, Tokens = head.TokensAnd(attempt.Token) } : First(attempt.Token);
        next = next.Marked(now, _options.Limits.MaxHeadAge);
        next = next with
        {
            // Where nothing was flushed for long, nobody is writing under an older number.
            OldMark = now - next.FlushedAt < _options.Limits.MaxHeadAge ? next.OldMark : new FlushMark(next.NextFlush, now),
            State = HeadState.Erasing,
            ErasedAt = now,
            DueAt = null,
            Tail = [],
            Garbage = next.Garbage.AddRange(next.Tail.SelectMany(d => d.Body.BlobPages()).Select(p => new Garbage(GarbageKind.Page, p, now))),
        };

        // Due at once: should this call not come to its end, maintenance finds it and goes on.
        if (next.Listed is null || next.Listed.At > now)
        {
            attempt.Listed ??= await AddDueAsync(partition, now).ConfigureAwait(false);
            next = next with { Listed = attempt.Listed };
        }

        try
        {
            attempt.Writes(next.Version);
            return await _heads.WriteAsync(partition, next, known).ConfigureAwait(false);
        }
        catch (RecordConflictException)
        {
            return null;
        }
    }

    /// <summary>Removes the pages of an erased partition and then the mark that says there may be some. May be done by several at once.</summary>
    private async ValueTask FinishErasureAsync(string partition, KnownHead known)
    {
        await RemoveAllPagesAsync(partition, known.Head!).ConfigureAwait(false);
        var tombstone = known.Head! with { State = HeadState.Tombstone, Level = 0, Root = [], Garbage = [] };
        try
        {
            await _heads.WriteAsync(partition, tombstone, known).ConfigureAwait(false);
        }
        catch (RecordConflictException)
        {
            // Somebody else has finished it.
        }
    }

    private async ValueTask RemoveAllPagesAsync(string partition, PartitionHead head)
    {
        await RemoveTreeAsync(partition, head, head.Root, head.Level).ConfigureAwait(false);
        await _garbage.RemoveAsync(partition, head.Garbage, page => IsBlanked(head, page)).ConfigureAwait(false);
        await RemoveRecentFlushesAsync(partition, head, _gateway.BlankFlushAsync).ConfigureAwait(false);
    }

    /// <summary>Whether a page stays as a blank: the first of a flush whose writer may still be at it.</summary>
    private static bool IsBlanked(PartitionHead head, PageId page) => page.Index == 0 && page.Flush >= head.OldMark.Flush;

    private async ValueTask RemoveRecentFlushesAsync(string partition, PartitionHead head, Func<string, long, ValueTask> remove)
    {
        // Flushes that no head names: of writers who knew a head of up to half an hour ago, and of those who came after the last flush;
        // these numbers have no gap, and lose the last first, so that who goes on after a failure finds the others.
        var end = head.NextFlush;
        while (await _gateway.ExistsFlushAsync(partition, end).ConfigureAwait(false))
        {
            end++;
        }

        for (var flush = end - 1; flush >= head.OldMark.Flush; flush--)
        {
            await remove(partition, flush).ConfigureAwait(false);
        }
    }

    /// <summary>Removes pages, what is below them first: where it is broken off, what is left can still be found.</summary>
    private async ValueTask RemoveTreeAsync(string partition, PartitionHead head, ImmutableArray<PageRef> pages, int level)
    {
        await _gateway.ForEachAsync(pages, async page =>
        {
            try
            {
                if (level > 0)
                {
                    var index = await _gateway.ReadPageAsync<IndexPage>(partition, head.Born, page.Page, CancellationToken.None).ConfigureAwait(false);
                    await RemoveTreeAsync(partition, head, index.Pages, level - 1).ConfigureAwait(false);
                }
                else if (page.Blobs)
                {
                    var leaf = await _gateway.ReadPageAsync<LeafPage>(partition, head.Born, page.Page, CancellationToken.None).ConfigureAwait(false);
                    var blobs = leaf.Documents.SelectMany(d => d.Body.BlobPages());
                    await _gateway.ForEachAsync(blobs.Where(b => !IsBlanked(head, b)), b => _gateway.DeletePageAsync(partition, b)).ConfigureAwait(false);
                }

                if (!IsBlanked(head, page.Page))
                {
                    await _gateway.DeletePageAsync(partition, page.Page).ConfigureAwait(false);
                }

                _gateway.Forget(partition, head.Born, page.Page);
            }
            catch (PageMissingException)
            {
                // Removed before this was broken off, with all that was below it.
            }
        }).ConfigureAwait(false);
    }
}
