using System.Collections.Immutable;

namespace Granary.Core.Storage.Paged;

public sealed partial class PagedPartitionStore
{
    /// <inheritdoc/>
    public async ValueTask<CommitResult> CommitAsync(PartitionCommit commit, CancellationToken cancellationToken = default)
    {
        StorageGuard.CheckCommit(commit);
        cancellationToken.ThrowIfCancellationRequested();
        var attempt = new CommitAttempt(Random.Shared.NextInt64());
        var known = _heads.Remembered(commit.Partition);
        var remembered = known is not null;
        known ??= await _heads.ReadAsync(commit.Partition, cancellationToken).ConfigureAwait(false);
        for (var i = 0; i < MaxAttempts; i++)
        {
            if (attempt.WasApplied(known.Head) is { } version)
            {
                return new CommitResult(CommitStatus.Committed, version);
            }

            try
            {
                if (await RefusalAsync(commit, known, cancellationToken).ConfigureAwait(false) is { } refusal)
                {
                    if (!remembered)
                    {
                        await TryBlankAsync(commit.Partition, known, attempt).ConfigureAwait(false);
                        return new CommitResult(refusal, PartitionVersion.None);
                    }
                }
                else if (known.Head?.State is HeadState.Erasing)
                {
                    await FinishErasureAsync(commit.Partition, known).ConfigureAwait(false);
                }
                else if (known.Head is { State: HeadState.Tombstone } tombstone && IsAboutToBePurged(tombstone))
                {
                    // Its flushes must not go on counting from a head that a purge may take away under them.
                    await ForgetTombstoneAsync(commit.Partition, known).ConfigureAwait(false);
                }
                else if (await TryCommitAsync(commit, known, attempt).ConfigureAwait(false) is { } committed)
                {
                    return new CommitResult(CommitStatus.Committed, committed);
                }
            }
            catch (PageMissingException missing)
            {
                // An old head tells nothing. If it is still the record's, a page is lost.
                await ThrowIfLostAsync(commit.Partition, known, missing, cancellationToken).ConfigureAwait(false);
            }

            // Refused by what was remembered, or another writer came first: ask the record.
            remembered = false;
            known = await _heads.ReadAsync(commit.Partition, attempt.Began ? CancellationToken.None : cancellationToken).ConfigureAwait(false);
        }

        throw Contended(commit.Partition);
    }

    private async ValueTask<CommitStatus?> RefusalAsync(PartitionCommit commit, KnownHead known, CancellationToken cancellationToken)
    {
        var head = known.Head;
        var lives = head?.State is HeadState.Live;
        if (head is { IsErased: true } && !commit.Recreate)
        {
            return CommitStatus.Erased;
        }

        if (commit.Expected.Value != (lives ? head!.Version : 0))
        {
            return CommitStatus.Conflict;
        }

        if (!lives)
        {
            return null;
        }

        var view = new PartitionView(commit.Partition, head!, _gateway, cancellationToken);
        return await TailChange.AnyExistsAsync(view, commit.Writes).ConfigureAwait(false) ? CommitStatus.DocumentExists : null;
    }

    /// <summary>Writes pages and head.</summary>
    /// <returns>The new version; null if another writer came first, and nothing was committed.</returns>
    private async ValueTask<PartitionVersion?> TryCommitAsync(PartitionCommit commit, KnownHead known, CommitAttempt attempt)
    {
        try
        {
            var next = Following(known.Head, attempt);
            next = await ListDueAsync(commit, next, attempt).ConfigureAwait(false);
            if (await WritePagesAsync(commit.Partition, next, commit.Writes, known, attempt).ConfigureAwait(false) is not { } head)
            {
                return null;
            }

            head = await RelistDueAsync(commit.Partition, head, attempt).ConfigureAwait(false);
            attempt.Writes(head.Version);
            await _heads.WriteAsync(commit.Partition, head, known).ConfigureAwait(false);
            attempt.Plan?.RememberIn(_gateway, commit.Partition);
            return new PartitionVersion(head.Version);
        }
        catch (RecordConflictException)
        {
            return null;
        }
        catch (StorageException)
        {
            _heads.Forget(commit.Partition);
            throw;
        }
    }

    /// <summary>The head with its next version. A new partition begins at the time, so that it does not repeat what it had before a purge.</summary>
    private PartitionHead Following(PartitionHead? head, CommitAttempt attempt)
    {
        if (head is null)
        {
            return First(attempt.Token);
        }

        var next = head with { Version = head.Version + 1, Tokens = head.TokensAnd(attempt.Token) };
        if (!head.IsErased)
        {
            return next with { State = HeadState.Live };
        }

        // What the erasure blanked goes when nobody can be writing beside it any more.
        var now = _time.GetUtcNow();
        var blanks = ImmutableArray.CreateBuilder<Garbage>();
        for (var flush = head.OldMark.Flush; flush < head.NextFlush; flush++)
        {
            blanks.Add(new Garbage(GarbageKind.Flush, new PageId(flush, 0), now));
        }

        return next with { State = HeadState.Live, ErasedAt = null, Garbage = blanks.DrainToImmutable() };
    }

    private PartitionHead First(long token)
    {
        var now = _time.GetUtcNow();
        var version = (now.ToUnixTimeMilliseconds() << 20) | (uint)Random.Shared.Next(1 << 20);
        var mark = new FlushMark(version, now);
        return new PartitionHead { Version = version, Tokens = [token], NextFlush = version, FlushedAt = now, OldMark = mark, NewMark = mark };
    }

    /// <summary>Sees to it that the due list has an entry not after the commit's due time, before anything else is written.</summary>
    private async ValueTask<PartitionHead> ListDueAsync(PartitionCommit commit, PartitionHead next, CommitAttempt attempt)
    {
        next = next with { DueAt = commit.DueAt?.ToUniversalTime() };
        if (next.DueAt is not { } due || next.Listed?.At <= due)
        {
            return next;
        }

        if (attempt.Listed is null)
        {
            await AddDueAsync(commit.Partition, due, attempt).ConfigureAwait(false);
        }

        return next with { Listed = attempt.Listed };
    }

    /// <summary>
    /// Adds another entry where the one that the call added is so old that maintenance may take it for one nobody relies on: the process may have
    /// stood still since.
    /// </summary>
    private async ValueTask<PartitionHead> RelistDueAsync(string partition, PartitionHead head, CommitAttempt attempt)
    {
        if (head.Listed is null || head.Listed != attempt.Listed || _time.GetUtcNow() - attempt.ListedSince < EntryAge / 2)
        {
            return head;
        }

        await AddDueAsync(partition, head.Listed.At, attempt).ConfigureAwait(false);
        return head with { Listed = attempt.Listed };
    }

    private async ValueTask AddDueAsync(string partition, DateTimeOffset due, CommitAttempt attempt)
    {
        var since = _time.GetUtcNow();
        attempt.Listed = await AddDueAsync(partition, due).ConfigureAwait(false);
        attempt.ListedSince = since;
    }

    /// <summary>Plans and writes the pages of a commit.</summary>
    /// <returns>The head that names them; null if there is none yet by which to name pages, or what is known of it is too old.</returns>
    private async ValueTask<PartitionHead?> WritePagesAsync(
        string partition, PartitionHead next, IReadOnlyList<DocumentWrite> writes, KnownHead known, CommitAttempt attempt)
    {
        var now = _time.GetUtcNow();
        next = next.Marked(now, _options.Limits.MaxHeadAge);
        var leftovers = new List<long>();
        for (var flush = next.NextFlush; ; flush++)
        {
            var plan = new FlushPlan(flush, _options.Limits);
            var head = await new TailChange(partition, _gateway, _options, plan).ApplyAsync(next, writes, empty: false).ConfigureAwait(false);
            if (HeadCodec.Encode(head).Length > _options.Limits.HeadBytes)
            {
                // From the beginning: a second merge would read pages that are only planned.
                plan = new FlushPlan(flush, _options.Limits);
                head = await new TailChange(partition, _gateway, _options, plan).ApplyAsync(next, writes, empty: true).ConfigureAwait(false);
            }

            head = head with { Garbage = _garbage.Add(head.Garbage, plan, leftovers, now) };
            if (plan.Pages.Count == 0)
            {
                return head;
            }

            if (known.Head is null)
            {
                await _heads.WriteAsync(partition, First(attempt.Token) with { State = HeadState.Reserved, Tokens = [] }, known).ConfigureAwait(false);
                return null;
            }

            if (!_heads.IsFresh(known))
            {
                return null;
            }

            attempt.Flushes.Add(flush);
            if (await TryWriteAsync(partition, plan).ConfigureAwait(false))
            {
                attempt.Plan = plan;
                attempt.OwnFlushes.Add(flush);
                head = head with { NextFlush = flush + 1, FlushedAt = now };
                return head with { Garbage = await _garbage.RemoveExpiredAsync(partition, head.Garbage, now).ConfigureAwait(false) };
            }

            leftovers.Add(flush);
        }
    }

    /// <summary>Writes the pages of a plan; the first claims the flush's number.</summary>
    /// <returns>False if somebody else has that number: nothing was written.</returns>
    private async ValueTask<bool> TryWriteAsync(string partition, FlushPlan plan)
    {
        try
        {
            await _gateway.WritePageAsync(partition, new PageId(plan.Flush, 0), plan.Pages[0], plan.Pages.Count).ConfigureAwait(false);
        }
        catch (RecordConflictException)
        {
            return false;
        }

        await _gateway.ForEachAsync(
            Enumerable.Range(1, plan.Pages.Count - 1),
            i => _gateway.WritePageAsync(partition, new PageId(plan.Flush, i), plan.Pages[i], plan.Pages.Count)).ConfigureAwait(false);
        return true;
    }

    /// <summary>
    /// Removes the content of what a commit wrote that lost: an erasure, and who began the partition anew after it, may not have seen it, and would
    /// have kept it until the next flush. The first pages stay as blanks, so that no other flush has their numbers. Behind a tombstone all may be
    /// touched, as it names none; before, only those that are the commit's own: others may name pages that an erasure under way has yet to find.
    /// </summary>
    private async ValueTask TryBlankAsync(string partition, KnownHead known, CommitAttempt attempt)
    {
        if (attempt.Flushes.Count == 0)
        {
            return;
        }

        try
        {
            if (known.Head is { State: HeadState.Erasing })
            {
                await FinishErasureAsync(partition, known).ConfigureAwait(false);
                known = await _heads.ReadAsync(partition, CancellationToken.None).ConfigureAwait(false);
            }

            foreach (var flush in known.Head?.State is HeadState.Tombstone ? attempt.Flushes : attempt.OwnFlushes)
            {
                await _gateway.BlankFlushAsync(partition, flush).ConfigureAwait(false);
            }
        }
        catch (StorageException exception)
        {
            // The answer is known all the same. The next flush, the next erasure or the purge removes them.
            LogNotBlanked(_logger, exception, partition);
        }
    }

    private async ValueTask ThrowIfLostAsync(string partition, KnownHead known, PageMissingException missing, CancellationToken cancellationToken)
    {
        var now = await _heads.ReadAsync(partition, cancellationToken).ConfigureAwait(false);
        if (now.ETag == known.ETag)
        {
            throw PageLost(partition, missing);
        }
    }
}
