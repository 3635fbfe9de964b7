using Granary.Core.Compaction;
using Granary.Core.Sessions.Documents;
using Granary.Core.Storage;
using Granary.Core.Transcripts;

namespace Granary.Core.Sessions;

internal sealed partial class SessionActor
{
    /// <summary>Somebody else writes all the time if the partition changes under so many loads in a row.</summary>
    private const int MaxLoadAttempts = 10;

    /// <summary>Loads a session: the head, its epoch and the active part of its messages. The cost follows what is active, not the history.</summary>
    /// <exception cref="StorageException">The store failed.</exception>
    public static async ValueTask<SessionActor> LoadAsync(SessionKey key, SessionServices services, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var actor = new SessionActor(key, services);
            if (await actor.TryLoadAsync(cancellationToken).ConfigureAwait(false))
            {
                return actor;
            }

            if (attempt == MaxLoadAttempts)
            {
                throw new UnavailableException(ErrorCodes.StorageUnavailable, "The session changes while it is loaded.", TimeSpan.FromSeconds(1));
            }
        }
    }

    /// <returns>False if another writer changed the partition between two reads.</returns>
    private async ValueTask<bool> TryLoadAsync(CancellationToken cancellationToken)
    {
        var page = await Store.GetAsync(Partition, [SessionDocumentIds.Head], cancellationToken).ConfigureAwait(false);
        Version = page.Version;
        _erased = page.Erased;
        if (page.Documents.Count == 0)
        {
            return true;
        }

        _head = _nextHead = SessionHead.Decode(page.Documents[0].Body.Span);
        _resource = await _services.Resources.ResolveForSessionAsync(Key.Tenant, _head.Resource, cancellationToken).ConfigureAwait(false);
        if (_head.Phase == SessionPhase.Importing)
        {
            return true;
        }

        _transcript.Begin(_head.StartTime);
        return await LoadEpochAsync(_head.Epoch, cancellationToken).ConfigureAwait(false)
            && await LoadTailAsync(cancellationToken).ConfigureAwait(false)
            && await LoadOutboxAsync(cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<bool> LoadEpochAsync(int epoch, CancellationToken cancellationToken)
    {
        if (epoch == 1)
        {
            return true;
        }

        var page = await Store.GetAsync(Partition, [SessionDocumentIds.Epoch(epoch)], cancellationToken).ConfigureAwait(false);
        if (page.Version != Version || page.Documents.Count == 0)
        {
            return false;
        }

        var document = EpochDocument.Decode(page.Documents[0].Body.Span);
        foreach (var ids in document.Kept.Chunk(StorageLimits.MaxIdsPerGet))
        {
            var kept = await Store.GetAsync(Partition, [.. ids.Select(k => SessionDocumentIds.Append(k.Document))], cancellationToken).ConfigureAwait(false);
            if (kept.Version != Version || kept.Documents.Count != ids.Length)
            {
                return false;
            }

            for (var i = 0; i < ids.Length; i++)
            {
                foreach (var entry in AppendDocument.Decode(kept.Documents[i]).Entries.Where(e => ids[i].Sequences.Contains(e.Message.Sequence)))
                {
                    _transcript.Append(entry);
                }
            }
        }

        _transcript.Reset(
            epoch, document.StartTime, document.Cause, document.Snapshot, SnapshotTokens(document.Snapshot), document.TailStart, static _ => true);
        return true;
    }

    private async ValueTask<bool> LoadTailAsync(CancellationToken cancellationToken)
    {
        var keyed = 0L;
        string? from = SessionDocumentIds.Append(_transcript.TailStart);
        var floor = (string?)SessionDocumentIds.AppendPrefix;
        while (from is not null)
        {
            var range = new DocumentRange(from, DocumentRange.UpperBound(SessionDocumentIds.AppendPrefix)) { Floor = floor };
            var page = await Store.ReadAsync(Partition, range, cancellationToken).ConfigureAwait(false);
            if (page.Version != Version)
            {
                return false;
            }

            foreach (var document in page.Documents)
            {
                var append = AppendDocument.Decode(document);
                _counters = append.Counters;
                if (append.KeyHash is { } key)
                {
                    keyed++;
                    RememberKey(key);
                }

                if (append.Supersedes is { } superseded)
                {
                    _transcript.Supersede(superseded, append.First);
                }

                foreach (var entry in append.Entries)
                {
                    if (entry.Message.Sequence >= _transcript.TailStart)
                    {
                        _transcript.Append(entry);
                    }
                }
            }

            from = page.Next;
            floor = null;
        }

        _transcript.Entries.TrimExcess();
        _nextCounters = _counters;
        _keysComplete = _keysComplete && keyed == _counters.Keyed;
        _openCalls = _transcript.OpenCalls();
        return true;
    }

    private async ValueTask<bool> LoadOutboxAsync(CancellationToken cancellationToken)
    {
        DocumentRange? range = DocumentRange.Prefix(SessionDocumentIds.OutboxPrefix);
        while (range is { } next)
        {
            var page = await Store.ReadAsync(Partition, next, cancellationToken).ConfigureAwait(false);
            if (page.Version != Version)
            {
                return false;
            }

            foreach (var document in page.Documents)
            {
                _outbox.Enqueue((SessionDocumentIds.Number(document.Id), Users.SessionNotice.Decode(document.Body.Span)));
            }

            range = page.Next is null ? null : next with { From = page.Next };
        }

        _nextOutbox = _outbox.Count;
        return true;
    }

    private int SnapshotTokens(Snapshot snapshot) => SnapshotText.Tokens(snapshot, _services.Tokens, Policy.Resource.Budget.Model);
}
