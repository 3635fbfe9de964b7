using Granary.Core.Compaction;
using Granary.Core.Sessions.Documents;
using Granary.Core.Storage;
using Granary.Core.Transcripts;

namespace Granary.Core.Sessions;

internal sealed partial class SessionActor
{
    /// <summary>Appends read first in search of those that supersede: most turns have few. What follows is read by whole pages.</summary>
    private const int FirstSuperseders = 16;

    private static readonly SupersededRanges NothingSuperseded = new();

    private SessionContext? _context;

    private SupersededTurn? _supersededTurn;

    /// <summary>What a model should see now. Made once per change, however often it is read.</summary>
    public SessionContext GetContext(ContextOptions options)
    {
        lock (Gate)
        {
            var state = ReadableHead();
            if (options.MaxTokens is { } max)
            {
                return FitContext(state, max);
            }

            return CurrentContext(state);
        }
    }

    private long _contextRevision;

    private SessionContext CurrentContext(SessionHead state)
    {
        // A changed resource changes budget and ETag. Should it change while the context is made, the next read makes it again.
        var revision = Policy.Resource.Revision;
        if (_context is null || _contextRevision != revision)
        {
            _context = BuildContext(state, _transcript.Entries, _transcript.Snapshot, _transcript.Usage(Policy.Resource.Budget.InputBudget()), omitted: 0);
            _contextRevision = revision;
        }

        return _context;
    }

    /// <summary>The session's state.</summary>
    public SessionInfo GetInfo()
    {
        lock (Gate)
        {
            var state = ReadableHead();
            return new SessionInfo
            {
                SessionId = Key.Session,
                UserId = Key.User,
                AgentId = state.AgentId,
                Status = StatusOf(state),
                Resource = state.Resource,
                ResourceRevision = Policy.Resource.Revision,
                StartTime = state.StartTime,
                EndTime = state.EndTime,
                LastUpdated = LastUpdated(state, _counters),
                LastSequence = _counters.LastSequence,
                TurnCount = _counters.Turns,
                MessageCount = _counters.LastSequence,
                TotalTokens = _counters.Tokens,
                RoleDistribution = new Dictionary<string, long>
                {
                    ["system"] = _counters.System,
                    ["user"] = _counters.User,
                    ["assistant"] = _counters.Assistant,
                    ["tool"] = _counters.Tool,
                },
                Epoch = _transcript.Epoch,
                ActiveMessages = _transcript.Entries.Count,
                TokenUsage = _transcript.Usage(Policy.Resource.Budget.InputBudget()),
                CumulativeSummary = state.Summary ?? SnapshotText.Cumulative(_transcript.Snapshot),
                Topics = state.Topics ?? _transcript.Snapshot.Topics,
                PreviousSessionId = state.PreviousSessionId,
                Health = Health(),
                ETag = ETag(_counters.LastSequence),
            };
        }
    }

    /// <summary>A range of the history.</summary>
    public async Task<MessagePage> GetMessagesAsync(long from, int limit, CancellationToken cancellationToken)
    {
        if (from < 1)
        {
            throw new InvalidRequestException("from", "must be 1 or more");
        }

        if (limit is < 1 or > MessageLimits.MaxPage)
        {
            throw new InvalidRequestException("limit", $"must be 1 to {MessageLimits.MaxPage}");
        }

        long last, end, superseded;
        lock (Gate)
        {
            ReadableHead();
            if (from > _counters.LastSequence)
            {
                return new MessagePage([], null);
            }

            end = _counters.LastSequence;
            superseded = _counters.Superseded;
            last = Math.Min(end, from + limit - 1);

            _transcript.Touch(from, last);
        }

        var appends = await ReadAppendsAsync(from, last, cancellationToken).ConfigureAwait(false);
        var ranges = superseded == 0 ? NothingSuperseded : await FindSupersededAsync(appends, end, superseded, isNow: true, cancellationToken).ConfigureAwait(false);
        var messages = MessagesOf(appends, from, last).Select(ranges.Mark).ToList();
        lock (Gate)
        {
            ReadableHead();
            return new MessagePage(messages, last < _counters.LastSequence ? last + 1 : null);
        }
    }

    /// <summary>The view of an epoch: at its end, or now for the current one.</summary>
    public async Task<EpochView> GetEpochAsync(int epoch, CancellationToken cancellationToken)
    {
        lock (Gate)
        {
            var state = ReadableHead();
            if (epoch < 1 || epoch > _transcript.Epoch)
            {
                throw new NotFoundException($"Session '{Key.Session}' has no epoch {epoch}; the current one is {_transcript.Epoch}.");
            }

            if (epoch == _transcript.Epoch)
            {
                return new EpochView
                {
                    SessionId = Key.Session,
                    Epoch = epoch,
                    Current = true,
                    StartTime = _transcript.EpochStart,
                    Snapshot = _transcript.Snapshot,
                    TailStart = _transcript.TailStart,
                    LastSequence = _counters.LastSequence,
                    Messages = [.. _transcript.Entries.Select(e => e.Message)],
                    Cause = _transcript.Cause,
                };
            }
        }

        // Epochs are immutable: what is read now is what was written then.
        var page = await Store.GetAsync(
            Partition, [SessionDocumentIds.Epoch(epoch), SessionDocumentIds.Epoch(epoch + 1)], cancellationToken).ConfigureAwait(false);
        var documents = page.Documents.ToDictionary(d => d.Id, d => EpochDocument.Decode(d.Body.Span), StringComparer.Ordinal);
        if (!documents.TryGetValue(SessionDocumentIds.Epoch(epoch + 1), out var next))
        {
            throw Erased();
        }

        documents.TryGetValue(SessionDocumentIds.Epoch(epoch), out var document);
        var kept = document is null ? [] : await ReadKeptAsync(document.Kept, cancellationToken).ConfigureAwait(false);
        var tailStart = document?.TailStart ?? 1;
        var tail = await ReadAppendsAsync(tailStart, next.AtSequence, cancellationToken).ConfigureAwait(false);
        var superseded = RangesOf(tail);
        lock (Gate)
        {
            var state = ReadableHead();
            return new EpochView
            {
                SessionId = Key.Session,
                Epoch = epoch,
                Current = false,
                StartTime = document?.StartTime ?? state.StartTime,
                Snapshot = document?.Snapshot ?? Snapshot.Empty,
                TailStart = tailStart,
                LastSequence = next.AtSequence,
                Messages = [.. kept, .. MessagesOf(tail, tailStart, next.AtSequence).Where(m => !superseded.Hold(m))],
                Cause = document?.Cause,
            };
        }
    }

    /// <summary>Answers when the session differs from what the caller has seen, or after the timeout.</summary>
    public async Task<SessionChange> WaitForChangeAsync(SessionChange seen, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var begun = _services.Time.GetTimestamp();
        while (true)
        {
            Task change;
            lock (Gate)
            {
                var now = Progress();
                if (now != seen)
                {
                    return now;
                }

                _changed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                change = _changed.Task;
            }

            // Commits that change nothing to be seen (a notice delivered, a due time) wake it too.
            var left = timeout;
            if (timeout != Timeout.InfiniteTimeSpan)
            {
                left -= _services.Time.GetElapsedTime(begun);
                if (left <= TimeSpan.Zero)
                {
                    return seen;
                }
            }

            try
            {
                await change.WaitAsync(left, _services.Time, cancellationToken).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                lock (Gate)
                {
                    return Progress();
                }
            }
        }
    }

    private SessionChange Progress()
    {
        var state = ReadableHead();
        return new SessionChange(_counters.LastSequence, _transcript.Epoch, StatusOf(state));
    }

    /// <summary>The appends that messages of a range came in.</summary>
    private async ValueTask<List<AppendDocument>> ReadAppendsAsync(long first, long last, CancellationToken cancellationToken)
    {
        var appends = new List<AppendDocument>();
        if (last < first)
        {
            return appends;
        }

        string? from = SessionDocumentIds.Append(first);
        var floor = (string?)SessionDocumentIds.AppendPrefix;
        while (from is not null)
        {
            var range = new DocumentRange(from, SessionDocumentIds.Append(last + 1)) { Floor = floor };
            var page = await Store.ReadAsync(Partition, range, cancellationToken).ConfigureAwait(false);
            if (page.Version == PartitionVersion.None)
            {
                throw Erased();
            }

            appends.AddRange(page.Documents.Select(AppendDocument.Decode));
            from = page.Next;
            floor = null;
        }

        return appends;
    }

    private static IEnumerable<Message> MessagesOf(List<AppendDocument> appends, long first, long last) =>
        appends.SelectMany(a => a.Entries).Select(e => e.Message).Where(m => m.Sequence >= first && m.Sequence <= last);

    private static SupersededRanges RangesOf(List<AppendDocument> appends)
    {
        var ranges = new SupersededRanges();
        appends.ForEach(ranges.Add);
        return ranges;
    }

    /// <summary>
    /// What is superseded of the appends. An answer is superseded within its turn or by the next one's first append, so what follows the last append
    /// is read up to there; once for all pages of a turn, since a turn may have thousands of appends.
    /// </summary>
    /// <param name="appends">The appends, of one stretch of the log.</param>
    /// <param name="end">The last message that counts.</param>
    /// <param name="superseded">How many messages of the session are superseded, at least up to the end.</param>
    /// <param name="isNow">Whether the end is the session's, at the time of that count.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    private async ValueTask<SupersededRanges> FindSupersededAsync(
        List<AppendDocument> appends, long end, long superseded, bool isNow, CancellationToken cancellationToken)
    {
        if (appends.Count == 0 || appends[^1].Counters.Superseded == superseded)
        {
            return RangesOf(appends);
        }

        var turn = appends[^1].Counters.Turns;
        var first = appends[^1].Counters.LastSequence + 1;
        if (Volatile.Read(ref _supersededTurn) is not { } known || !known.Tells(turn, first, end, superseded, isNow))
        {
            known = new SupersededTurn(turn, first, end, superseded, isNow, await ReadSupersedersAsync(turn, first, end, superseded, cancellationToken).ConfigureAwait(false));
            Volatile.Write(ref _supersededTurn, known);
        }

        var ranges = RangesOf(appends);
        foreach (var (from, before) in known.Ranges)
        {
            ranges.Add(from, before);
        }

        return ranges;
    }

    /// <summary>What is superseded by the appends of the rest of a turn.</summary>
    private async ValueTask<List<(long From, long Before)>> ReadSupersedersAsync(int turn, long first, long end, long superseded, CancellationToken cancellationToken)
    {
        var found = new List<(long From, long Before)>();
        var limit = FirstSuperseders;
        for (var from = SessionDocumentIds.Append(first); from is not null && string.CompareOrdinal(from, SessionDocumentIds.Append(end)) <= 0;)
        {
            var range = new DocumentRange(from, SessionDocumentIds.Append(end + 1)) { Limit = limit };
            var page = await Store.ReadAsync(Partition, range, cancellationToken).ConfigureAwait(false);
            foreach (var document in page.Documents)
            {
                var append = AppendDocument.Decode(document);
                if (append.Supersedes is { } start)
                {
                    found.Add((start, append.First));
                }

                if (append.Entries[0].Message.Turn > turn || append.Counters.Superseded == superseded)
                {
                    return found;
                }
            }

            from = page.Next;
            limit = StorageLimits.MaxDocumentsPerPage;
        }

        return found;
    }

    private async ValueTask<List<Message>> ReadKeptAsync(IReadOnlyList<KeptMessages> kept, CancellationToken cancellationToken)
    {
        var messages = new List<Message>();
        foreach (var chunk in kept.Chunk(StorageLimits.MaxIdsPerGet))
        {
            var page = await Store.GetAsync(Partition, [.. chunk.Select(k => SessionDocumentIds.Append(k.Document))], cancellationToken).ConfigureAwait(false);
            foreach (var (document, keep) in page.Documents.Zip(chunk))
            {
                messages.AddRange(AppendDocument.Decode(document).Entries.Select(e => e.Message).Where(m => keep.Sequences.Contains(m.Sequence)));
            }
        }

        return messages;
    }

    private SessionContext FitContext(SessionHead state, int max)
    {
        if (max < 1)
        {
            throw new InvalidRequestException("max_tokens", "must be 1 or more");
        }

        var fitted = ContextFitter.Fit(_transcript.Entries, _transcript.Snapshot, max, _services.Tokens, Policy.Resource.Budget.Model);
        var system = fitted.Entries.Where(e => e.Message.Role == MessageRole.System).Sum(e => e.Tokens);
        var recent = fitted.Entries.Sum(e => e.Tokens) - system;
        var snapshot = SnapshotTokens(fitted.Snapshot);
        return BuildContext(state, fitted.Entries, fitted.Snapshot, new TokenUsage(system + snapshot + recent, system, snapshot, recent, max), fitted.OmittedMessages);
    }

    private SessionContext BuildContext(
        SessionHead state, IReadOnlyList<TranscriptEntry> entries, Snapshot snapshot, TokenUsage usage, int omitted) => new()
    {
        SessionId = Key.Session,
        UserId = Key.User,
        AgentId = state.AgentId,
        Status = StatusOf(state),
        ReadOnly = Policy.Resource.ReadOnly,
        Privacy = Policy.Redactor.IsActive ? Policy.Resource.Privacy : null,
        Epoch = _transcript.Epoch,
        LastSequence = _counters.LastSequence,
        TurnCount = _counters.Turns,
        ActiveContext = TurnsOf(entries),
        Messages = ModelMessages.Project(SnapshotText.Render(snapshot), entries),
        CumulativeSummary = SnapshotText.Cumulative(snapshot),
        Tokens = usage,
        OmittedMessages = omitted,
        ETag = ETag(_counters.LastSequence),
    };

    private static List<ContextTurn> TurnsOf(IReadOnlyList<TranscriptEntry> entries)
    {
        var turns = new List<ContextTurn>();
        for (var start = 0; start < entries.Count;)
        {
            var turn = entries[start].Message.Turn;
            var end = start;
            while (end < entries.Count && entries[end].Message.Turn == turn)
            {
                end++;
            }

            var messages = new Message[end - start];
            for (var i = start; i < end; i++)
            {
                messages[i - start] = entries[i].Message;
            }

            turns.Add(new ContextTurn(turn, messages));
            start = end;
        }

        return turns;
    }

    private static DateTimeOffset LastUpdated(SessionHead state, SessionCounters counters) =>
        counters.StoredAt == 0 ? state.StartTime : DateTimeOffset.FromUnixTimeMilliseconds(counters.StoredAt);

    private SessionListing Listing(SessionHead state, SessionCounters counters) => new()
    {
        SessionId = Key.Session,
        AgentId = state.AgentId,
        Status = StatusOf(state),
        StartTime = state.StartTime,
        EndTime = state.EndTime,
        LastUpdated = LastUpdated(state, counters),
        TurnCount = counters.Turns,
        LastSequence = counters.LastSequence,
        CumulativeSummary = state.Summary ?? state.Reflection?.Summary ?? "",
        Topics = state.Topics ?? state.Reflection?.Topics ?? [],
        PreviousSessionId = state.PreviousSessionId,
        ReflectionStatus = ReflectionStatusOf(state, counters),
    };

    /// <summary>How far the reflection on a session is.</summary>
    internal static ReflectionStatus ReflectionStatusOf(SessionHead state, SessionCounters counters) =>
        (state.Reflection?.Sequence ?? 0) < counters.LastSequence || (counters.LastSequence == 0 && state.Phase != SessionPhase.Completed) ? ReflectionStatus.Pending
        : state.Reflection is { Insights: > 0 } ? ReflectionStatus.Processed
        : ReflectionStatus.NoInsight;
}
