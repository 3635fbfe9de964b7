using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Granary.Core.Actors;
using Granary.Core.Reflection;
using Granary.Core.Sessions;
using Granary.Core.Storage;
using Granary.Core.Users.Records;

namespace Granary.Core.Users;

/// <summary>A user: the list of the user's sessions, fed by their outboxes, each notice applied exactly once.</summary>
internal sealed partial class UserActor : PartitionActor
{
    private const string SessionPrefix = "s:";
    private const string WatermarkPrefix = "w:";

    /// <summary>Old watermarks go a few with each notice.</summary>
    private const int MaxWritesPerNotice = 20;

    private readonly UserServices _services;
    private readonly TimeProvider _time;

    // Durable: what reads see.
    private readonly Dictionary<string, SessionListing> _sessions = new(StringComparer.Ordinal);

    // Ahead: the last notice of each sender that is applied or on its way, with the change that carries it.
    private readonly Dictionary<string, (WatermarkDocument Mark, Task Applied)> _watermarks = new(StringComparer.Ordinal);

    // Watermarks of erased senders, the longest erased first.
    private readonly PriorityQueue<string, DateTimeOffset> _erasedSenders = new();

    private UserActor(UserKey key, UserServices services)
        : base(PartitionNames.Of(key), services.Store)
    {
        Key = key;
        _services = services;
        _time = services.Time;
        _records = new RecordState(services.Lifecycle, services.RecordLimits);
    }

    /// <summary>The user's key.</summary>
    public UserKey Key { get; }

    /// <summary>Whether it is at work on its own, or soon will be: who forgets it now has two that write, of whom one loses.</summary>
    public bool IsBusy
    {
        get
        {
            lock (Gate)
            {
                return IsCommitting || Volatile.Read(ref _working) > 0 || Volatile.Read(ref _background) > 0
                    || ((_sealingSoon || _sweepingSoon) && !IsLost);
            }
        }
    }

    /// <summary>Loads a user: the list, the watermarks, the records without their texts.</summary>
    /// <exception cref="StorageException">The store failed.</exception>
    public static async ValueTask<UserActor> LoadAsync(UserKey key, UserServices services, CancellationToken cancellationToken)
    {
        var readAll = false;
        while (true)
        {
            var actor = new UserActor(key, services);
            try
            {
                if (await actor.TryLoadAsync(readAll, cancellationToken).ConfigureAwait(false))
                {
                    actor.LookAfterRows();
                    actor.LookAfterVectors();
                    return actor;
                }
            }
            catch (InvalidDataException exception) when (!readAll)
            {
                // What is derived can be made again; if it was not that, it fails again.
                LogUnreadableRows(services.Logger, exception, actor.Partition);
                readAll = true;
            }
        }
    }

    /// <summary>Applies a notice of a session, once however often it comes; returns when its effect is durable.</summary>
    /// <returns>Whether what is known of the user is put together anew because of it.</returns>
    /// <exception cref="ErasedException">The sender belongs to a life of the user that was erased: it must erase itself.</exception>
    public Task<bool> ApplyAsync(SessionDelivery delivery) => UnlessOvertakenAsync(TakeNoticeAsync(delivery));

    private async Task<bool> TakeNoticeAsync(SessionDelivery delivery)
    {
        if (!await AdmitAsync(delivery).ConfigureAwait(false))
        {
            return false;
        }

        if (delivery.Notice.Listing is null)
        {
            if (IsToForget(delivery))
            {
                // Before the index is held: it takes as long as it takes to write pages, and nobody who recalls has to wait for that.
                await ForgetSessionAsync(delivery.SessionId).ConfigureAwait(false);
            }

            await DropFromIndexAsync(delivery.SessionId, () => ApplyNoticeAsync(delivery)).ConfigureAwait(false);
        }
        else
        {
            await ApplyNoticeAsync(delivery).ConfigureAwait(false);
            Heard(delivery.SessionId);
            WakeVectors();
        }

        StartSynthesis();
        lock (Gate)
        {
            return _madeDue.Remove((delivery.SessionId, delivery.Number));
        }
    }

    private async Task ApplyNoticeAsync(SessionDelivery delivery)
    {
        var sender = SenderOf(delivery);
        if (delivery.Notice is { Listing: not null, Learned.Count: > 0 })
        {
            if (await TryLearnAsync(sender, delivery, delivery.Notice.Learned).ConfigureAwait(false)
                || await TryLearnAsync(sender, delivery, LearnedChanges.AdditionsOf(delivery.Notice.Learned)).ConfigureAwait(false))
            {
                return;
            }

            // It would never fit; the session must not wait for it for ever.
            LogNothingLearned(_services.Logger, delivery.SessionId);
        }

        PartitionChange<bool> change;
        Task? already;
        var pump = false;
        lock (Gate)
        {
            EnsureNotLost();
            if (IsApplied(sender, delivery, out already))
            {
                change = null!;
            }
            else
            {
                change = Prepare(sender, delivery);
                pump = Enqueue(change);
            }
        }

        if (pump)
        {
            Pump();
        }

        await (already ?? change.Done).ConfigureAwait(false);
    }

    /// <summary>Whether an erased session is still to be taken out of the records; those of an erased user go with the user.</summary>
    private bool IsToForget(SessionDelivery delivery)
    {
        lock (Gate)
        {
            EnsureNotLost();
            return _erasure is null && !IsApplied(SenderOf(delivery), delivery, out _);
        }
    }

    /// <summary>Whether a notice was applied, or is about to be. Called under the gate.</summary>
    private bool IsApplied(string sender, SessionDelivery delivery, out Task? applied)
    {
        var isApplied = _watermarks.TryGetValue(sender, out var last) && delivery.Number <= last.Mark.Number;
        applied = isApplied ? last.Applied : null;
        return isApplied;
    }

    /// <summary>The sessions that a query selects, the youngest first, as the last notice showed them.</summary>
    public SessionPage List(SessionQuery query)
    {
        if (query.Limit is < 1 or > SessionQuery.MaxLimit)
        {
            throw new InvalidRequestException("limit", $"must be 1 to {SessionQuery.MaxLimit}");
        }

        var after = query.After is null ? default : ParseCursor(query.After);
        lock (Gate)
        {
            EnsureUsable();
            var page = _sessions.Values
                .Where(s => (query.AgentId is null || s.AgentId == query.AgentId) && (query.Status is null || s.Status == query.Status))
                .Select(s => (Place: (s.StartTime.UtcTicks, s.SessionId), Session: s))
                .Where(s => query.After is null || s.Place.CompareTo(after) < 0)
                .OrderByDescending(s => s.Place)
                .Take(query.Limit + 1)
                .ToList();
            var more = page.Count > query.Limit;
            var listed = page.Take(query.Limit).Select(s => s.Session).ToList();
            return new SessionPage(listed, more ? CursorOf(listed[^1]) : null);
        }
    }

    protected override DateTimeOffset? DueAt() =>
        _erasure is { } erasure ? erasure.Mark.RequestedAt
        : _records.Due is { } due && !(_synthesis.Due < new DateTimeOffset(due, TimeSpan.Zero)) ? new DateTimeOffset(due, TimeSpan.Zero)
        : _synthesis.Due;

    private async ValueTask<bool> TryLoadAsync(bool readAll, CancellationToken cancellationToken)
    {
        var begun = false;
        foreach (var prefix in (string[])[SessionPrefix, WatermarkPrefix])
        {
            DocumentRange? range = DocumentRange.Prefix(prefix);
            while (range is { } next)
            {
                var page = await Store.ReadAsync(Partition, next, cancellationToken).ConfigureAwait(false);
                if (begun && page.Version != Version)
                {
                    return false;
                }

                begun = true;
                Version = page.Version;
                if (page.Erased)
                {
                    await TakeTombstoneAsync(cancellationToken).ConfigureAwait(false);
                    return true;
                }

                foreach (var document in page.Documents)
                {
                    Take(document);
                }

                range = page.Next is null ? null : next with { From = page.Next };
            }
        }

        return await TryLoadRecordsAsync(readAll, cancellationToken).ConfigureAwait(false);
    }

    private void Take(Document document)
    {
        if (document.Id.StartsWith(SessionPrefix, StringComparison.Ordinal))
        {
            var listing = UserSessionDocument.Decode(document.Body.Span).Listing;
            _sessions[listing.SessionId] = listing;
        }
        else
        {
            var mark = WatermarkDocument.Decode(document.Body.Span);
            _watermarks[document.Id] = (mark, Task.CompletedTask);
            if (mark.ErasedAt is { } erasedAt)
            {
                _erasedSenders.Enqueue(document.Id, erasedAt);
            }
        }
    }

    private PartitionChange<bool> Prepare(string sender, SessionDelivery delivery)
    {
        var now = _time.GetUtcNow();
        var listing = delivery.Notice.Listing;
        var mark = new WatermarkDocument { Number = delivery.Number, ErasedAt = listing is null ? now : null };
        var id = SessionPrefix + DocumentIds.Encode(delivery.SessionId);
        var writes = new List<DocumentWrite>
        {
            DocumentWrite.Put(sender, mark.Encode()),
            listing is null ? DocumentWrite.Delete(id) : DocumentWrite.Put(id, new UserSessionDocument { Listing = listing }.Encode()),
        };

        if (listing is null && _erasure is not null)
        {
            writes.Add(Removed(delivery.SessionId, delivery.Notice.Messages));
        }

        if (listing is not null)
        {
            Count(listing, delivery, writes);
        }

        // A watermark outlives its erased sender only as long as the sender's tombstone: nobody delivers after that.
        while (writes.Count < MaxWritesPerNotice
            && _erasedSenders.TryPeek(out var old, out var erasedAt) && erasedAt + StorageLimits.TombstoneLifetime < now)
        {
            _erasedSenders.Dequeue();
            _watermarks.Remove(old);
            writes.Add(DocumentWrite.Delete(old));
        }

        if (listing is null)
        {
            _erasedSenders.Enqueue(sender, now);
        }

        var change = new PartitionChange<bool>(writes, () =>
        {
            if (listing is null)
            {
                _sessions.Remove(delivery.SessionId);
            }
            else
            {
                _sessions[delivery.SessionId] = listing;
            }

            return true;
        });
        _watermarks[sender] = (mark, change.Done);
        return change;
    }

    // Hashed, so that nothing of an erased session's id stays behind.
    private static string SenderOf(SessionDelivery delivery) =>
        WatermarkPrefix + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{delivery.SessionId}\n{delivery.Incarnation}")).AsSpan(0, 16));

    private static string CursorOf(SessionListing last) => string.Create(CultureInfo.InvariantCulture, $"{last.StartTime.UtcTicks}:{last.SessionId}");

    private static (long, string) ParseCursor(string cursor)
    {
        var colon = cursor.IndexOf(':');
        return colon > 0 && long.TryParse(cursor.AsSpan(0, colon), NumberStyles.None, CultureInfo.InvariantCulture, out var ticks)
            ? (ticks, cursor[(colon + 1)..])
            : throw new InvalidRequestException("after", "is not a cursor of a list of sessions");
    }
}
