using System.Text.Json;
using Granary.Core.Actors;
using Granary.Core.Sessions.Documents;
using Granary.Core.Storage;
using Granary.Core.Users.Erasure;
using Granary.Core.Users.Records;

namespace Granary.Core.Users;

internal sealed partial class UserActor
{
    /// <summary>Sessions that the one who erases is given at a time.</summary>
    private const int MaxSessionsAtOnce = 100;

    /// <summary>Ids of sessions that an erasure names.</summary>
    private const int MaxErasedIds = 10_000;

    // Ahead: the erasure, with the change that carries its mark; whether the partition is a tombstone; which life of the user this is.
    private (ErasureMark Mark, Task Durable)? _erasure;
    private bool _tombstone;
    private string? _life;

    /// <summary>Marks the user; from then on nothing but the erasure goes on. Erasing what is erased and was not begun anew tells of that erasure.</summary>
    public async Task<UserErasure> EraseAsync(CancellationToken cancellationToken)
    {
        bool isOver;
        lock (Gate)
        {
            EnsureNotLost();
            isOver = _tombstone;
        }

        if (isOver && await ErasureReceipts.ReadAsync(Store, Key, cancellationToken).ConfigureAwait(false) is { } receipt)
        {
            await EnsureCurrentAsync(cancellationToken).ConfigureAwait(false);
            return receipt;
        }

        ErasureMark mark;
        Task durable;
        var pump = false;
        lock (Gate)
        {
            EnsureNotLost();
            if (_erasure is null)
            {
                var made = new ErasureMark { Id = Ids.New(_time), RequestedAt = _time.GetUtcNow() };
                var change = new PartitionChange<bool>([DocumentWrite.Put(ErasureDocumentIds.Mark, made.Encode())], static () => true) { Recreate = _tombstone };
                _tombstone = false;
                _erasure = (made, change.Done);
                pump = Enqueue(change);
            }

            (mark, durable) = _erasure.Value;
        }

        if (pump)
        {
            Pump();
        }

        await UnlessOvertakenAsync(durable).ConfigureAwait(false);
        return await TellAsync(mark, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The erasure under way, or the last one as long as its receipt is kept.</summary>
    public async Task<UserErasure> GetErasureAsync(CancellationToken cancellationToken)
    {
        (ErasureMark Mark, Task Durable)? running;
        lock (Gate)
        {
            EnsureNotLost();
            running = _erasure;
        }

        if (running is { } erasure)
        {
            await UnlessOvertakenAsync(erasure.Durable).ConfigureAwait(false);
            var told = await TellAsync(erasure.Mark, cancellationToken).ConfigureAwait(false);
            lock (Gate)
            {
                // It may have come to its end between.
                EnsureNotLost();
            }

            return told;
        }

        return await ErasureReceipts.ReadAsync(Store, Key, cancellationToken).ConfigureAwait(false)
            ?? throw new NotFoundException($"User '{Key.User}' was not erased, or more than 30 days ago.");
    }

    /// <summary>See <see cref="IErasureTargets.NextErasureAsync"/>.</summary>
    public Task<ErasureWork?> NextErasureAsync(IReadOnlyList<string> tried, CancellationToken cancellationToken) =>
        UnlessOvertakenAsync(FindWorkAsync(tried, cancellationToken));

    /// <summary>See <see cref="IErasureTargets.FinishErasureAsync"/>.</summary>
    public Task<bool> FinishErasureAsync(string erasureId, IReadOnlyDictionary<string, int> others, CancellationToken cancellationToken) =>
        UnlessOvertakenAsync(FinishAsync(erasureId, others, cancellationToken));

    private async Task<ErasureWork?> FindWorkAsync(IReadOnlyList<string> tried, CancellationToken cancellationToken)
    {
        (ErasureMark Mark, Task Durable) erasure;
        lock (Gate)
        {
            EnsureNotLost();
            if (_erasure is null)
            {
                return null;
            }

            erasure = _erasure.Value;
        }

        await erasure.Durable.ConfigureAwait(false);
        foreach (var session in tried)
        {
            await ForgetIfGoneAsync(session, cancellationToken).ConfigureAwait(false);
        }

        lock (Gate)
        {
            EnsureNotLost();
            return new ErasureWork(erasure.Mark.Id, _life, [.. _sessions.Keys.Take(MaxSessionsAtOnce)]);
        }
    }

    private async Task<bool> FinishAsync(string erasureId, IReadOnlyDictionary<string, int> others, CancellationToken cancellationToken)
    {
        if (await NoteOthersAsync(erasureId, others).ConfigureAwait(false) is not { } mark)
        {
            return true;
        }

        while (true)
        {
            PartitionVersion version;
            Dictionary<string, int> memories;
            lock (Gate)
            {
                EnsureNotLost();
                if (_sessions.Count > 0)
                {
                    return false;
                }

                version = Version;
                memories = CountMemories();
            }

            var running = await TellAsync(mark, cancellationToken).ConfigureAwait(false);
            var receipt = running with { Status = UserErasureStatus.Completed, CompletedAt = _time.GetUtcNow(), Memories = memories };
            await ErasureReceipts.WriteAsync(Store, Key, receipt, cancellationToken).ConfigureAwait(false);
            if (await DeletePartitionAsync(version).ConfigureAwait(false))
            {
                return true;
            }

            // A notice came in between; what it brought is looked at again.
            await SettleAsync().ConfigureAwait(false);
            lock (Gate)
            {
                if (version == Version)
                {
                    Abandon();
                    throw new ActivationLostException("Another activation changed the partition.");
                }
            }
        }
    }

    /// <returns>False if the partition has another version.</returns>
    private async Task<bool> DeletePartitionAsync(PartitionVersion version)
    {
        var isKept = false;
        try
        {
            isKept = !await Store.DeleteAsync(Partition, version, CancellationToken.None).ConfigureAwait(false);
            return !isKept;
        }
        finally
        {
            // Also after a failure: whether it is gone is found out by who loads it next.
            if (!isKept)
            {
                lock (Gate)
                {
                    Abandon();
                }

                OnLost();
            }
        }
    }

    /// <summary>Throws if the user is being erased. Called under the gate.</summary>
    private void EnsureUsable()
    {
        EnsureNotLost();
        if (_erasure is not null)
        {
            throw ErasedUser();
        }
    }

    private ErasedException ErasedUser() => new($"User '{Key.User}' was erased.");

    /// <summary>Takes over what the partition says of erasures; <paramref name="documents"/> may hold others.</summary>
    private void TakeErasure(IReadOnlyList<Document> documents)
    {
        foreach (var document in documents)
        {
            switch (document.Id)
            {
                case ErasureDocumentIds.Mark:
                    _erasure = (ErasureMark.Decode(document.Body.Span), Task.CompletedTask);
                    break;
                case ErasureDocumentIds.Life:
                    _life = LifeDocument.Decode(document.Body.Span).After;
                    break;
            }
        }
    }

    /// <summary>Finds out, on a partition that is a tombstone, which life would follow.</summary>
    private async ValueTask TakeTombstoneAsync(CancellationToken cancellationToken)
    {
        _tombstone = true;
        _life = (await ErasureReceipts.ReadAsync(Store, Key, cancellationToken).ConfigureAwait(false))?.ErasureId;
    }

    /// <summary>Begins an erased user anew; does nothing where there is no tombstone. Only for what may: an explicit start, and memories.</summary>
    private async Task BeginAnewAsync()
    {
        PartitionChange<bool> change;
        bool pump;
        lock (Gate)
        {
            EnsureUsable();
            if (!_tombstone)
            {
                return;
            }

            (change, pump) = WriteLife(_life);
        }

        if (pump)
        {
            Pump();
        }

        await change.Done.ConfigureAwait(false);
    }

    /// <summary>Called under the gate.</summary>
    private (PartitionChange<bool> Change, bool Pump) WriteLife(string? life)
    {
        var change = new PartitionChange<bool>(
            [DocumentWrite.Put(ErasureDocumentIds.Life, new LifeDocument { After = life }.Encode())], static () => true) { Recreate = _tombstone };
        (_tombstone, _life) = (false, life);
        return (change, Enqueue(change));
    }

    /// <summary>Whether a notice is of this life of the user; one of an earlier life has nothing to say, or has to go.</summary>
    /// <returns>False: there is nothing that it could take back.</returns>
    /// <exception cref="ErasedException">The sender's user was erased since: it must erase itself.</exception>
    private async Task<bool> AdmitAsync(SessionDelivery delivery)
    {
        var (isListed, life) = (delivery.Notice.Listing is not null, delivery.Notice.Life);
        bool sameLife, tombstone;
        lock (Gate)
        {
            EnsureNotLost();
            if (life != _life && Version == PartitionVersion.None && !_tombstone && _erasure is null && isListed)
            {
                // Nothing is known of the user, not even a tombstone: the first who tells is believed.
                var (_, pump) = WriteLife(life);
                if (pump)
                {
                    Pump();
                }
            }

            (sameLife, tombstone) = (life == _life, _tombstone);
        }

        if (sameLife && !tombstone)
        {
            return true;
        }

        // What is told now is for good: it must not be the word of an activation that was overtaken.
        await EnsureCurrentAsync(CancellationToken.None).ConfigureAwait(false);
        if (!isListed)
        {
            return false;
        }

        if (!sameLife)
        {
            throw ErasedUser();
        }

        await BeginAnewAsync().ConfigureAwait(false);
        return true;
    }

    /// <summary>Makes sure that the store holds what this activation believes.</summary>
    /// <exception cref="ActivationLostException">It does not.</exception>
    private async Task EnsureCurrentAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await SettleAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
            PartitionVersion version;
            bool tombstone;
            lock (Gate)
            {
                EnsureNotLost();
                (version, tombstone) = (Version, _tombstone);
            }

            var page = await Store.GetAsync(Partition, [ErasureDocumentIds.Life], cancellationToken).ConfigureAwait(false);
            lock (Gate)
            {
                EnsureNotLost();
                if (Version != version || _tombstone != tombstone)
                {
                    continue;
                }

                if (page.Version == version && page.Erased == tombstone)
                {
                    return;
                }

                Abandon();
            }

            throw new ActivationLostException("Another activation changed the partition.");
        }
    }

    /// <summary>Waits for what an erased user can do as well: that a commit met a tombstone means that this activation was overtaken, no more.</summary>
    private async Task UnlessOvertakenAsync(Task change)
    {
        try
        {
            await change.ConfigureAwait(false);
        }
        catch (ErasedException) when (IsLost)
        {
            throw new ActivationLostException("The user was erased since it was loaded.");
        }
    }

    private async Task<T> UnlessOvertakenAsync<T>(Task<T> change)
    {
        await UnlessOvertakenAsync((Task)change).ConfigureAwait(false);
        return await change.ConfigureAwait(false);
    }

    /// <summary>Takes a session out of the list that is gone without having said so.</summary>
    private async Task ForgetIfGoneAsync(string session, CancellationToken cancellationToken)
    {
        SessionListing? listing;
        lock (Gate)
        {
            EnsureNotLost();
            if (!_sessions.TryGetValue(session, out listing))
            {
                return;
            }
        }

        var partition = PartitionNames.Of(new SessionKey(Key.Tenant, Key.User, session));
        var page = await Store.GetAsync(partition, [SessionDocumentIds.Head], cancellationToken).ConfigureAwait(false);
        if (page.Documents.Count > 0 && SessionHead.Decode(page.Documents[0].Body.Span).Life == _life)
        {
            return;
        }

        PartitionChange<bool> change;
        bool pump;
        lock (Gate)
        {
            EnsureNotLost();
            if (!_sessions.TryGetValue(session, out var now) || !ReferenceEquals(now, listing))
            {
                // It was heard of meanwhile.
                return;
            }

            change = new PartitionChange<bool>([DocumentWrite.Delete(SessionPrefix + DocumentIds.Encode(session)), Removed(session, listing.LastSequence)], () => _sessions.Remove(session));
            pump = Enqueue(change);
        }

        if (pump)
        {
            Pump();
        }

        await change.Done.ConfigureAwait(false);
    }

    /// <summary>The note of a session that went with the user, for the receipt.</summary>
    private static DocumentWrite Removed(string session, long messages) => DocumentWrite.Put(
        ErasureDocumentIds.SessionPrefix + DocumentIds.Encode(session), new ErasedSession { Session = session, Messages = messages }.Encode());

    private async Task<ErasureMark?> NoteOthersAsync(string erasureId, IReadOnlyDictionary<string, int> others)
    {
        ErasureMark mark;
        PartitionChange<bool> change;
        bool pump;
        lock (Gate)
        {
            EnsureNotLost();
            if (_erasure is not { } erasure || erasure.Mark.Id != erasureId)
            {
                return null;
            }

            mark = erasure.Mark;
            if (others.Count == 0)
            {
                return mark;
            }

            var sum = new Dictionary<string, int>(mark.Others ?? new Dictionary<string, int>(), StringComparer.Ordinal);
            foreach (var (kind, count) in others)
            {
                sum[kind] = sum.GetValueOrDefault(kind) + count;
            }

            mark = mark with { Others = sum };
            change = new PartitionChange<bool>([DocumentWrite.Put(ErasureDocumentIds.Mark, mark.Encode())], static () => true);
            _erasure = (mark, change.Done);
            pump = Enqueue(change);
        }

        if (pump)
        {
            Pump();
        }

        await change.Done.ConfigureAwait(false);
        return mark;
    }

    /// <summary>An erasure as it stands.</summary>
    private async Task<UserErasure> TellAsync(ErasureMark mark, CancellationToken cancellationToken)
    {
        var (sessions, messages, ids) = (0, 0L, new List<string>());
        DocumentRange? range = DocumentRange.Prefix(ErasureDocumentIds.SessionPrefix);
        while (range is { } next)
        {
            var page = await Store.ReadAsync(Partition, next, cancellationToken).ConfigureAwait(false);
            foreach (var document in page.Documents)
            {
                var erased = ErasedSession.Decode(document.Body.Span);
                sessions++;
                messages += erased.Messages;
                if (ids.Count < MaxErasedIds)
                {
                    ids.Add(erased.Session);
                }
            }

            range = page.Next is null ? null : next with { From = page.Next };
        }

        return new UserErasure
        {
            ErasureId = mark.Id,
            UserId = Key.User,
            Status = UserErasureStatus.Running,
            RequestedAt = mark.RequestedAt,
            Sessions = sessions,
            Messages = messages,
            SessionIds = ids,
            Others = mark.Others ?? new Dictionary<string, int>(),
        };
    }

    /// <summary>The records by kind, in whatever state. Called under the gate.</summary>
    private Dictionary<string, int> CountMemories()
    {
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        var table = _records.Table;
        for (var place = 0; place < table.Rows; place++)
        {
            ref var row = ref table[place];
            if (row.Number != 0)
            {
                var kind = JsonNamingPolicy.SnakeCaseLower.ConvertName(row.KindOf.ToString());
                counts[kind] = counts.GetValueOrDefault(kind) + 1;
            }
        }

        return counts;
    }
}
