using Granary.Core.Compaction;
using Granary.Core.Sessions.Documents;
using Granary.Core.Storage;
using Granary.Core.Transcripts;

namespace Granary.Core.Sessions;

internal sealed partial class SessionActor
{
    private SessionContext? _context;

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

        long last;
        lock (Gate)
        {
            ReadableHead();
            if (from > _counters.LastSequence)
            {
                return new MessagePage([], null);
            }

            last = Math.Min(_counters.LastSequence, from + limit - 1);

            _transcript.Touch(from, last);
        }

        var messages = await ReadRangeAsync(from, last, cancellationToken).ConfigureAwait(false);
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
        var tail = await ReadRangeAsync(document?.TailStart ?? 1, next.AtSequence, cancellationToken).ConfigureAwait(false);
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
                TailStart = document?.TailStart ?? 1,
                LastSequence = next.AtSequence,
                Messages = [.. kept, .. tail],
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

    private async ValueTask<List<Message>> ReadRangeAsync(long first, long last, CancellationToken cancellationToken)
    {
        var messages = new List<Message>();
        if (last < first)
        {
            return messages;
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

            foreach (var document in page.Documents)
            {
                messages.AddRange(AppendDocument.Decode(document).Entries.Select(e => e.Message).Where(m => m.Sequence >= first && m.Sequence <= last));
            }

            from = page.Next;
            floor = null;
        }

        return messages;
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
        CumulativeSummary = state.Summary ?? "",
        Topics = state.Topics ?? [],
        PreviousSessionId = state.PreviousSessionId,
    };
}
