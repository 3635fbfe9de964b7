using Granary.Core.Compaction;
using Granary.Core.Sessions.Documents;
using Granary.Core.Storage;

namespace Granary.Core.Sessions;

/// <summary>Looks into a session's partition without waking the session: any actor may read another's partition.</summary>
internal static class SessionPeek
{
    /// <summary>A page of a user's list as the sessions stand now, without those that are gone.</summary>
    /// <exception cref="StorageException">The store failed.</exception>
    public static async ValueTask<SessionPage> RefreshAsync(IPartitionStore store, UserKey user, SessionPage page, CancellationToken cancellationToken)
    {
        var sessions = new List<SessionListing>(page.Sessions.Count);
        foreach (var listing in page.Sessions)
        {
            var key = new SessionKey(user.Tenant, user.User, listing.SessionId);
            if (listing.Status == SessionStatus.Completed)
            {
                sessions.Add(listing);
            }
            else if (await RefreshAsync(store, key, listing, cancellationToken).ConfigureAwait(false) is { } fresh)
            {
                sessions.Add(fresh);
            }
        }

        return page with { Sessions = sessions };
    }

    /// <summary>The listing as it stands now; null if the session is gone.</summary>
    /// <exception cref="StorageException">The store failed.</exception>
    public static async ValueTask<SessionListing?> RefreshAsync(
        IPartitionStore store, SessionKey key, SessionListing listing, CancellationToken cancellationToken)
    {
        var partition = PartitionNames.Of(key);
        var page = await store.GetAsync(partition, [SessionDocumentIds.Head], cancellationToken).ConfigureAwait(false);
        if (page.Documents.Count == 0 || SessionHead.Decode(page.Documents[0].Body.Span) is not { Phase: SessionPhase.Active or SessionPhase.Completed } head)
        {
            return null;
        }

        var last = await store.ReadAsync(
            partition,
            new DocumentRange(SessionDocumentIds.Append(long.MaxValue), DocumentRange.UpperBound(SessionDocumentIds.AppendPrefix)) { Floor = SessionDocumentIds.AppendPrefix },
            cancellationToken).ConfigureAwait(false);
        var counters = last.Documents.Count == 0 ? default : AppendDocument.Decode(last.Documents[^1]).Counters;
        var snapshot = Snapshot.Empty;
        if (head.Epoch > 1 && head.Summary is null)
        {
            var epoch = await store.GetAsync(partition, [SessionDocumentIds.Epoch(head.Epoch)], cancellationToken).ConfigureAwait(false);
            snapshot = epoch.Documents.Count == 0 ? snapshot : EpochDocument.Decode(epoch.Documents[0].Body.Span).Snapshot;
        }

        return listing with
        {
            Status = head.Phase == SessionPhase.Completed ? SessionStatus.Completed : SessionStatus.Active,
            EndTime = head.EndTime,
            LastUpdated = counters.StoredAt == 0 ? head.StartTime : DateTimeOffset.FromUnixTimeMilliseconds(counters.StoredAt),
            TurnCount = counters.Turns,
            LastSequence = counters.LastSequence,
            ReflectionStatus = SessionActor.ReflectionStatusOf(head, counters),
            CumulativeSummary = head.Summary ?? head.Reflection?.Summary ?? SnapshotText.Cumulative(snapshot),
            Topics = head.Topics ?? head.Reflection?.Topics ?? snapshot.Topics,
        };
    }
}
