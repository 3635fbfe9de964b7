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
        if (known.Head is not { ErasedAt: { } erasedAt } || erasedAt + StorageLimits.TombstoneLifetime > _time.GetUtcNow())
        {
            return;
        }

        if (known.Head.State is HeadState.Erasing)
        {
            await FinishErasureAsync(partition, known).ConfigureAwait(false);
            known = await _heads.ReadAsync(partition, CancellationToken.None).ConfigureAwait(false);
        }

        if (known.Head is { State: HeadState.Tombstone })
        {
            await ForgetTombstoneAsync(partition, known).ConfigureAwait(false);
        }
    }

    /// <summary>Whether a purge may come within the time that a commit takes.</summary>
    private bool IsAboutToBePurged(PartitionHead tombstone) =>
        tombstone.EffectiveDue - _options.Limits.GarbageAge <= _time.GetUtcNow();

    private async ValueTask ForgetTombstoneAsync(string partition, KnownHead known)
    {
        try
        {
            // Again: a writer that was overtaken by the erasure may have left pages after it.
            known = await FenceAsync(partition, known).ConfigureAwait(false);
            await RemoveRecentFlushesAsync(known.Head!, flush => _gateway.DeleteFlushAsync(partition, flush)).ConfigureAwait(false);
            await _heads.DeleteAsync(partition, known).ConfigureAwait(false);
        }
        catch (RecordConflictException)
        {
            // Forgotten by another call, or begun anew meanwhile.
            return;
        }

        if (known.Head!.Listed is { } listed)
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
            if (attempt.Listed is null)
            {
                await AddDueAsync(partition, now, attempt).ConfigureAwait(false);
            }

            next = await RelistDueAsync(partition, next with { Listed = attempt.Listed }, attempt).ConfigureAwait(false);
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
        try
        {
            known = await FenceAsync(partition, known).ConfigureAwait(false);
            var head = known.Head!;
            await RemoveTreeAsync(partition, head, head.Root, head.Level).ConfigureAwait(false);
            await _garbage.RemoveAsync(partition, head.Garbage, page => IsBlanked(head, page)).ConfigureAwait(false);
            await RemoveRecentFlushesAsync(head, flush => _gateway.BlankFlushAsync(partition, flush)).ConfigureAwait(false);
            await _heads.WriteAsync(partition, head with { State = HeadState.Tombstone, Level = 0, Root = [], Garbage = [] }, known).ConfigureAwait(false);
        }
        catch (RecordConflictException)
        {
            // Somebody else has gone on with it.
        }
    }

    /// <summary>
    /// Moves the number of the next flush behind all that writers have taken who were overtaken. Only then may those be removed: should the
    /// partition be made anew meanwhile, its flushes have greater numbers.
    /// </summary>
    /// <exception cref="RecordConflictException">The head is another by now.</exception>
    private async ValueTask<KnownHead> FenceAsync(string partition, KnownHead known)
    {
        while (true)
        {
            var next = known.Head!.NextFlush;
            while (await _gateway.ExistsFlushAsync(partition, next).ConfigureAwait(false))
            {
                next++;
            }

            if (next == known.Head.NextFlush)
            {
                return known;
            }

            known = await _heads.WriteAsync(partition, known.Head with { NextFlush = next }, known).ConfigureAwait(false);
        }
    }

    /// <summary>Whether a page stays as a blank: the first of a flush whose writer may still be at it.</summary>
    private static bool IsBlanked(PartitionHead head, PageId page) => page.Index == 0 && page.Flush >= head.OldMark.Flush;

    /// <summary>Removes the flushes of writers who knew a head of up to half an hour ago, be they committed or not.</summary>
    private static async ValueTask RemoveRecentFlushesAsync(PartitionHead head, Func<long, ValueTask> remove)
    {
        for (var flush = head.OldMark.Flush; flush < head.NextFlush; flush++)
        {
            await remove(flush).ConfigureAwait(false);
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
                    var index = await _gateway.ReadPageAsync<IndexPage>(partition, page.Page, CancellationToken.None).ConfigureAwait(false);
                    await RemoveTreeAsync(partition, head, index.Pages, level - 1).ConfigureAwait(false);
                }
                else if (page.Blobs)
                {
                    var leaf = await _gateway.ReadPageAsync<LeafPage>(partition, page.Page, CancellationToken.None).ConfigureAwait(false);
                    var blobs = leaf.Documents.SelectMany(d => d.Body.BlobPages());
                    await _gateway.ForEachAsync(blobs.Where(b => !IsBlanked(head, b)), b => _gateway.DeletePageAsync(partition, b)).ConfigureAwait(false);
                }

                if (!IsBlanked(head, page.Page))
                {
                    await _gateway.DeletePageAsync(partition, page.Page).ConfigureAwait(false);
                }

                _gateway.Forget(partition, page.Page);
            }
            catch (PageMissingException)
            {
                // Removed before this was broken off, with all that was below it.
            }
        }).ConfigureAwait(false);
    }
}
