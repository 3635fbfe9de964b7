using Granary.Core.Compaction;
using Granary.Core.Sessions.Documents;
using Granary.Core.Storage;
using Granary.Core.Transcripts;

namespace Granary.Core.Sessions;

internal sealed partial class SessionActor
{
    private SessionContext? context;

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

    private long contextRevision;

    private SessionContext CurrentContext(SessionHead state)
    {
        // A changed resource changes budget and ETag. Should it change while the context is made, the next read makes it again.
        var revision = Policy.Resource.Revision;
        if (context is null || contextRevision != revision)
        {
            context = BuildContext(state, transcript.Entries, transcript.Snapshot, transcript.Usage(Policy.Resource.Budget.InputBudget()), omitted: 0);
            contextRevision = revision;
        }

        return context;
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
                LastUpdated = LastUpdated(state, counters),
                LastSequence = counters.LastSequence,
                TurnCount = counters.Turns,
                MessageCount = counters.LastSequence,
                TotalTokens = counters.Tokens,
                RoleDistribution = new Dictionary<string, long>
                {
                    ["system"] = counters.System,
                    ["user"] = counters.User,
                    ["assistant"] = counters.Assistant,
                    ["tool"] = counters.Tool,
                },
                Epoch = transcript.Epoch,
                ActiveMessages = transcript.Entries.Count,
                TokenUsage = transcript.Usage(Policy.Resource.Budget.InputBudget()),
                CumulativeSummary = state.Summary ?? SnapshotText.Cumulative(transcript.Snapshot),
                Topics = state.Topics ?? transcript.Snapshot.Topics,
                PreviousSessionId = state.PreviousSessionId,
                Health = Health(),
                ETag = ETag(counters.LastSequence),
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
            if (from > counters.LastSequence)
            {
                return new MessagePage([], null);
            }

            last = Math.Min(counters.LastSequence, from + limit - 1);

            transcript.Touch(from, last);
        }

        var messages = await ReadRangeAsync(from, last, cancellationToken).ConfigureAwait(false);
        lock (Gate)
        {
            ReadableHead();
            return new MessagePage(messages, last < counters.LastSequence ? last + 1 : null);
        }
    }

    /// <summary>The view of an epoch: at its end, or now for the current one.</summary>
    public async Task<EpochView> GetEpochAsync(int epoch, CancellationToken cancellationToken)
    {
        lock (Gate)
        {
            var state = ReadableHead();
            if (epoch < 1 || epoch > transcript.Epoch)
            {
                throw new NotFoundException($"Session '{Key.Session}' has no epoch {epoch}; the current one is {transcript.Epoch}.");
            }

            if (epoch == transcript.Epoch)
            {
                return new EpochView
                {
                    SessionId = Key.Session,
                    Epoch = epoch,
                    Current = true,
                    StartTime = transcript.EpochStart,
                    Snapshot = transcript.Snapshot,
                    TailStart = transcript.TailStart,
                    LastSequence = counters.LastSequence,
                    Messages = [.. transcript.Entries.Select(e => e.Message)],
                    Cause = transcript.Cause,
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
        var begun = services.Time.GetTimestamp();
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

                changed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                change = changed.Task;
            }

            // Commits that change nothing to be seen (a notice delivered, a due time) wake it too.
            var left = timeout;
            if (timeout != Timeout.InfiniteTimeSpan)
            {
                left -= services.Time.GetElapsedTime(begun);
                if (left <= TimeSpan.Zero)
                {
                    return seen;
                }
            }

            try
            {
                await change.WaitAsync(left, services.Time, cancellationToken).ConfigureAwait(false);
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
        return new SessionChange(counters.LastSequence, transcript.Epoch, StatusOf(state));
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

        var fitted = ContextFitter.Fit(transcript.Entries, transcript.Snapshot, max, services.Tokens, Policy.Resource.Budget.Model);
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
        Epoch = transcript.Epoch,
        LastSequence = counters.LastSequence,
        TurnCount = counters.Turns,
        ActiveContext = TurnsOf(entries),
        Messages = ModelMessages.Project(SnapshotText.Render(snapshot), entries),
        CumulativeSummary = SnapshotText.Cumulative(snapshot),
        Tokens = usage,
        OmittedMessages = omitted,
        ETag = ETag(counters.LastSequence),
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
