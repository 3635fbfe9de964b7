using Granary.Core.Actors;
using Granary.Core.Reflection;
using Granary.Core.Sessions.Documents;
using Granary.Core.Storage;
using Granary.Core.Transcripts;

namespace Granary.Core.Sessions;

/// <summary>
/// When a session is learned from: each so many turns, when it is silent, when it ends. What was learned is committed with how far that is, as a notice to
/// the user; so a crash neither loses nor doubles it.
/// </summary>
internal sealed partial class SessionActor
{
    /// <summary>Characters that are read at once; what is beyond comes with the next reflection.</summary>
    private const int MaxStretchLength = 512 * 1024;

    private const int MessagesPerRead = 100;

    // One at a time, except that the end of a session does not wait for ever.
    private Task _reflection = Task.CompletedTask;
    private int _ending;
    private int _reflectionFailures;
    private DateTimeOffset? _reflectionRetry;

    // When the session will have been silent for long enough; moved only when that time has come, so that appends do not change when maintenance looks.
    private DateTimeOffset? _silence;

    /// <param name="From">How far the session was reflected on when it was planned.</param>
    /// <param name="Last">The last message.</param>
    /// <param name="Turns">The turns up to there.</param>
    /// <param name="Step">What to do.</param>
    private sealed record LearningPlan(ReflectionProgress From, long Last, int Turns, LearningStep Step);

    private enum LearningStep
    {
        /// <summary>So many turns become one interaction record.</summary>
        Chunk,

        /// <summary>So many turns are reflected on.</summary>
        Reflect,

        /// <summary>What is left is reflected on without a model.</summary>
        Rest,

        /// <summary>What is left becomes an interaction record without a model.</summary>
        RestOfChunks,
    }

    /// <summary>Whether anything may be learned from this session. Called under the gate.</summary>
    private bool Learns() =>
        _services.Reflection is { Options.Enabled: true } && _head is { Phase: SessionPhase.Active } && _nextHead is { Phase: SessionPhase.Active } && !Policy.Resource.ReadOnly;

    /// <summary>Whether enough turns were made. Called under the gate.</summary>
    private bool LearningIsDue() =>
        _reflection.IsCompleted && _ending == 0 && !(_reflectionRetry > _services.Time.GetUtcNow()) && PlanLearning(rest: false) is not null;

    /// <summary>Whether there is anything that was not reflected on, as of the changes enqueued so far. Called under the gate.</summary>
    private bool HasUnreflected() =>
        Learns() && _nextCounters.User + _nextCounters.Assistant > 0 && _nextCounters.LastSequence > (_nextHead!.Reflection?.Sequence ?? 0);

    /// <summary>Reflects now, with the model, on all that was not reflected on.</summary>
    public async Task<ReflectResult> ReflectAsync(CancellationToken cancellationToken)
    {
        int known;
        lock (Gate)
        {
            var state = ReadableHead();
            known = state.Reflection?.Insights ?? 0;
            if (!HasUnreflected())
            {
                return Reflected(ReflectStatus.Nothing, state, known);
            }

            if (!_reflection.IsCompleted || _ending > 0)
            {
                return Reflected(ReflectStatus.Running, state, known);
            }
        }

        var learning = LearnAskedAsync();
        try
        {
            await learning.WaitAsync(_services.Reflection!.Options.EndPatience, _services.Time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException) when (!learning.IsCompleted)
        {
            // It goes on by itself.
        }

        lock (Gate)
        {
            return Reflected(HasUnreflected() ? ReflectStatus.Running : ReflectStatus.Done, ReadableHead(), known);
        }
    }

    private static ReflectResult Reflected(ReflectStatus status, SessionHead state, int known) => new(
        status, Math.Max(0, (state.Reflection?.Insights ?? 0) - known), state.Reflection?.Summary ?? "", state.Reflection?.Topics ?? []);

    private async Task LearnAskedAsync()
    {
        await LearnUnattendedAsync(rest: true, CancellationToken.None, asked: true).ConfigureAwait(false);
        await DeliverUnattendedAsync().ConfigureAwait(false);
    }

    /// <summary>What is to be done next. Called under the gate.</summary>
    /// <param name="rest">Whether what is less than the threshold counts too.</param>
    /// <param name="asked">Whether the rest is worth the model: somebody asked for it.</param>
    private LearningPlan? PlanLearning(bool rest, bool asked = false)
    {
        if (!Learns())
        {
            return null;
        }

        var options = _services.Reflection!.Options;
        var past = _nextHead!.Reflection ?? ReflectionProgress.None;
        if (!rest && _counters.Turns - past.ChunkTurns < options.ChunkTurns && _counters.Turns - past.Turns < options.ThresholdTurns)
        {
            return null;
        }

        var (last, turns) = rest ? (_counters.LastSequence, _counters.Turns) : ClosedTurns();
        return turns - past.ChunkTurns >= options.ChunkTurns && last > past.ChunkSequence
            ? new LearningPlan(past, last, past.ChunkTurns + options.ChunkTurns, LearningStep.Chunk)
            : turns - past.Turns >= options.ThresholdTurns && last > past.Sequence ? new LearningPlan(past, last, past.Turns + options.ThresholdTurns, LearningStep.Reflect)
            : rest && last > past.Sequence ? new LearningPlan(past, last, turns, asked ? LearningStep.Reflect : LearningStep.Rest)
            : null;
    }

    /// <summary>The last message of the last turn that was answered, and how many turns these are. Called under the gate.</summary>
    private (long Last, int Turns) ClosedTurns()
    {
        var entries = _transcript.Entries;
        var isLast = true;
        for (var i = entries.Count - 1; i >= 0; i--)
        {
            var message = entries[i].Message;
            if (message.Role == MessageRole.System)
            {
                continue;
            }

            if (isLast && message is { Role: MessageRole.Assistant, ToolCalls: null or { Count: 0 } })
            {
                break;
            }

            isLast = false;
            if (message.Role == MessageRole.User)
            {
                return (message.Sequence - 1, message.Turn - 1);
            }
        }

        return isLast ? (_counters.LastSequence, _counters.Turns) : (0, 0);
    }

    private async Task LearnUnattendedAsync(bool rest, CancellationToken cancellationToken, bool asked = false)
    {
        try
        {
            await LearnAsync(rest, cancellationToken, asked).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is ActivationLostException or ErasedException or NotFoundException)
        {
            // The session is gone or lost: whoever calls next finds out.
        }
        catch (Exception exception)
        {
            LogReflectionFailed(_services.Logger, exception, Key.Session);
            await TryPostponeLearningAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Learns what is due, step by step; each is durable before the next begins.</summary>
    private async Task LearnAsync(bool rest, CancellationToken cancellationToken, bool asked = false)
    {
        var mine = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        while (true)
        {
            Task running;
            lock (Gate)
            {
                EnsureNotLost();
                running = _reflection;
                if (running.IsCompleted)
                {
                    _reflection = mine.Task;
                }
            }

            if (running.IsCompleted)
            {
                break;
            }

            await running.WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        Interlocked.Increment(ref _background);
        try
        {
            while (true)
            {
                LearningPlan? plan;
                lock (Gate)
                {
                    EnsureNotLost();
                    plan = PlanLearning(rest, asked);
                }

                if (plan is null || !await LearnOnceAsync(plan, cancellationToken).ConfigureAwait(false))
                {
                    break;
                }
            }
        }
        catch (Exception exception) when (exception is not (ActivationLostException or ErasedException or NotFoundException))
        {
            // Before anybody else finds that there is something to learn: it would fail again at once.
            NoteReflectionFailure();
            throw;
        }
        finally
        {
            Interlocked.Decrement(ref _background);
            mine.SetResult();
        }

        // Appends that came meanwhile found a reflection under way and started none.
        WakeBackground();
    }

    /// <returns>False if the session ended or went on without it: nothing was learned.</returns>
    private async Task<bool> LearnOnceAsync(LearningPlan plan, CancellationToken cancellationToken)
    {
        var after = plan.Step == LearningStep.Chunk ? plan.From.ChunkSequence : plan.From.Sequence;
        var stretch = await ReadStretchAsync(after, plan.Turns, plan.Last, MaxStretchLength, cancellationToken).ConfigureAwait(false);
        return await LearnFromAsync(plan, stretch, cancellationToken).ConfigureAwait(false);
    }

    /// <returns>False if the session ended or went on without it: nothing was learned.</returns>
    private async Task<bool> LearnFromAsync(LearningPlan plan, Stretch stretch, CancellationToken cancellationToken)
    {
        var past = plan.From;
        var isChunk = plan.Step is LearningStep.Chunk or LearningStep.RestOfChunks;
        List<LearnedChange> changes = [];
        var next = isChunk
            ? past with { ChunkSequence = stretch.Last, ChunkTurns = Math.Max(past.ChunkTurns, stretch.Turns) }
            : past with { Sequence = stretch.Last, Turns = Math.Max(past.Turns, stretch.Turns) };
        if (!ReflectionInput.IsMinimal(stretch.Said))
        {
            if (isChunk)
            {
                changes.Add(await ChunkAsync(stretch, withModel: plan.Step == LearningStep.Chunk, cancellationToken).ConfigureAwait(false));
            }
            else
            {
                var found = await ReflectAsync(stretch, past, withModel: plan.Step == LearningStep.Reflect, cancellationToken).ConfigureAwait(false);
                changes.AddRange(found.Changes);
                changes.Add(LearnedChanges.SummaryOf(Key.Session, Incarnation, Agent, found.Reflection));
                next = next with
                {
                    Insights = past.Insights + found.Insights,
                    Summary = found.Reflection.Summary,
                    Topics = [.. found.Reflection.Topics.Take(5).Select(topic => topic.Length <= 64 ? topic : topic[..64])],
                };
            }
        }

        PartitionChange<bool> change;
        bool pump;
        lock (Gate)
        {
            EnsureNotLost();
            if (!Learns() || !IsAt(past))
            {
                MemoryInstruments.Reflected(NameOf(plan.Step), "superseded", 0);
                return false;
            }

            var head = (_nextHead! with { Reflection = next }).Fitted();
            _reflectionFailures = 0;
            _reflectionRetry = null;
            change = changes.Count > 0 ? WithNotice(head, listed: true, static _ => true, changes) : HeadOnly(head);
            pump = Enqueue(change);
        }

        if (pump)
        {
            Pump();
        }

        await change.Done.ConfigureAwait(false);
        MemoryInstruments.Reflected(NameOf(plan.Step), "applied", changes.Count);
        return true;
    }

    private PartitionChange<bool> HeadOnly(SessionHead next)
    {
        _nextHead = next;
        return new PartitionChange<bool>([DocumentWrite.Put(SessionDocumentIds.Head, next.Encode())], () =>
        {
            ApplyHead(next);
            return true;
        });
    }

    /// <summary>Whether nothing was reflected on since. Called under the gate.</summary>
    private bool IsAt(ReflectionProgress past)
    {
        var now = _nextHead!.Reflection ?? ReflectionProgress.None;
        return now.Sequence == past.Sequence && now.ChunkSequence == past.ChunkSequence;
    }

    private string Agent => _head!.AgentId;

    private string Incarnation => _head!.Incarnation;

    private async Task<LearnedChange> ChunkAsync(Stretch stretch, bool withModel, CancellationToken cancellationToken)
    {
        var entries = stretch.Said.ConvertAll(message => new TranscriptEntry(message, _services.Tokens.Count(message, Policy.Resource.Budget.Model), message.Sequence));
        var (summary, topics, fallback) = await SummarizeSessionAsync(
            entries, Snapshot.Empty, withModel ? AskSummarizerAsync : AskFallbackAsync, cancellationToken).ConfigureAwait(false);
        return LearnedChanges.InteractionOf(
            Key.Session,
            Agent,
            stretch.Source(Key.Session),
            summary,
            topics,
            stretch.Said[0].Timestamp,
            deterministic: !withModel || fallback is not null || _services.Summarizer.GetType() == _services.Fallback.GetType(),
            fallback);
    }

    /// <summary>Finds what a stretch says, and what that means for what is known.</summary>
    private async Task<LearnedStretch> ReflectAsync(Stretch stretch, ReflectionProgress past, bool withModel, CancellationToken cancellationToken)
    {
        var services = _services.Reflection!;
        var neighbours = await AskNeighboursAsync(cancellationToken).ConfigureAwait(false);
        var policy = Policy.Resource;
        var request = new ReflectionRequest(
            stretch.Said,
            past.Summary ?? "",
            neighbours.Of(string.Join('\n', stretch.Said.Where(message => message.Role == MessageRole.User).Select(message => message.Content)), 2 * ReconcileCandidate.MaxNearest),
            services.Options.Categories,
            services.Options.MaxLearned,
            policy.Compaction.SummaryTokens,
            policy.Budget.Model);
        var found = ReflectionInput.Redacted(
            await (withModel ? services.Reflector : services.FallbackReflector).ReflectAsync(request, cancellationToken).ConfigureAwait(false), Policy.Redactor);
        var learned = LearnedChanges.Checked(found.Learned, services.Options, out var refused);
        if (found.LeftOut + refused is > 0 and var leftOut)
        {
            LogLeftOut(_services.Logger, leftOut, Key.Session, stretch.First, stretch.Last, services.Options.MaxLearned);
            MemoryInstruments.LeftOut(leftOut);
        }

        var candidates = new List<ReconcileCandidate>(learned.Count);
        foreach (var statement in learned)
        {
            candidates.Add(new ReconcileCandidate(statement, await FindNearAsync(neighbours, statement.Text, cancellationToken).ConfigureAwait(false)));
        }

        var reconciled = await ReconcileAsync(candidates, withModel, cancellationToken).ConfigureAwait(false);
        return LearnedChanges.Of(Key.Session, Agent, stretch.Source(Key.Session), found, reconciled, request.Known, Policy.Redactor);
    }

    private async Task<Reconciliation> ReconcileAsync(List<ReconcileCandidate> candidates, bool withModel, CancellationToken cancellationToken)
    {
        if (candidates.Count == 0)
        {
            return new Reconciliation([], Deterministic: true);
        }

        var services = _services.Reflection!;
        try
        {
            return await (withModel ? services.Reconciler : services.FallbackReconciler).ReconcileAsync(candidates, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            LogReconcilingFailed(_services.Logger, exception, Key.Session);
            return new Reconciliation(
                [.. candidates.Select(candidate => new ReconcileAction(MemoryEvent.Add, candidate.Statement, null, "It could not be compared with what is known."))],
                Deterministic: true,
                exception.Message);
        }
    }

    /// <summary>What the user's memory knows; nothing if it does not answer, so that learning waits for nobody.</summary>
    private async Task<Neighbours> AskNeighboursAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await Neighbours.AskAsync(_services.Users.Open(Key.Owner), Agent, cancellationToken)
                .WaitAsync(LookupPatience, _services.Time, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            LogLookupFailed(_services.Logger, exception, Key.Session);
            return Neighbours.None;
        }
    }

    /// <summary>What is known that is nearest to a statement; by words alone if the user's memory does not answer.</summary>
    private async Task<IReadOnlyList<MemoryRecord>> FindNearAsync(Neighbours neighbours, string text, CancellationToken cancellationToken)
    {
        try
        {
            return await neighbours.NearAsync(text, ReconcileCandidate.MaxNearest, cancellationToken)
                .WaitAsync(LookupPatience, _services.Time, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            LogLookupFailed(_services.Logger, exception, Key.Session);
            return neighbours.Of(text, ReconcileCandidate.MaxNearest);
        }
    }

    private static readonly TimeSpan LookupPatience = TimeSpan.FromSeconds(3);

    /// <summary>Reads messages from the log: what was folded since is reflected on too.</summary>
    private async Task<Stretch> ReadStretchAsync(long after, int turns, long last, int maxLength, CancellationToken cancellationToken)
    {
        long superseded;
        lock (Gate)
        {
            superseded = _counters.Superseded;
        }

        var messages = new List<Message>();
        long length = 0;
        for (var first = after + 1; first <= last; first += MessagesPerRead)
        {
            var until = Math.Min(last, first + MessagesPerRead - 1);
            var appends = await ReadAppendsAsync(first, until, cancellationToken).ConfigureAwait(false);
            var ranges = superseded == 0 ? NothingSuperseded : await FindSupersededAsync(appends, last, superseded, isNow: true, cancellationToken).ConfigureAwait(false);
            foreach (var message in MessagesOf(appends, first, until))
            {
                if (message.Turn > turns)
                {
                    return Stretch.Of(messages, after, turns);
                }

                if (messages.Count > 0 && length > maxLength)
                {
                    return Stretch.Of(messages, after, messages[^1].Turn - 1);
                }

                messages.Add(ranges.Mark(message));
                length += message.Content.Length;
            }
        }

        return Stretch.Of(messages, after, turns);
    }

    /// <param name="Said">What counts of it.</param>
    /// <param name="First">The first message.</param>
    /// <param name="Last">The last message.</param>
    /// <param name="Turns">The turns up to its end.</param>
    private sealed record Stretch(List<Message> Said, long First, long Last, int Turns)
    {
        public static Stretch Of(List<Message> messages, long after, int turns) =>
            new(ReflectionInput.Of(messages), after + 1, messages.Count == 0 ? after : messages[^1].Sequence, turns);

        public MemorySource Source(string session) => new(session, First, Last);
    }

    private void NoteReflectionFailure()
    {
        lock (Gate)
        {
            _reflectionFailures++;
            _reflectionRetry = _services.Time.GetUtcNow()
                + TimeSpan.FromTicks(Math.Min(LongestRetry.Ticks, FirstRetry.Ticks << Math.Min(_reflectionFailures - 1, 16)));
        }

        MemoryInstruments.Reflected("reflect", "failed", 0);
    }

    /// <summary>Only the due time is written: maintenance tries again even if nobody calls the session.</summary>
    private async Task TryPostponeLearningAsync()
    {
        try
        {
            await CommitAsync(new PartitionChange<bool>([], static () => true)).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is MemoryException or ActivationLostException)
        {
            // The session is gone or lost: whoever calls next finds out.
        }
    }

    private static string NameOf(LearningStep step) => step switch
    {
        LearningStep.Chunk or LearningStep.RestOfChunks => "chunk",
        LearningStep.Reflect => "reflect",
        _ => "rest",
    };

    /// <summary>What is due of learning when maintenance looks.</summary>
    private async Task LearnDueAsync(CancellationToken cancellationToken)
    {
        bool silent, due;
        lock (Gate)
        {
            var now = _services.Time.GetUtcNow();
            if (_reflectionRetry <= now)
            {
                _reflectionRetry = null;
            }

            silent = HasUnreflected() && _reflectionRetry is null && LastUpdated(_nextHead!, _nextCounters) + _services.Reflection!.Options.IdleTime <= now;
            due = silent || LearningIsDue();
            _silence = null;
        }

        if (due)
        {
            await LearnUnattendedAsync(silent, cancellationToken).ConfigureAwait(false);
            await DeliverUnattendedAsync().ConfigureAwait(false);
        }
    }

    /// <summary>When maintenance should look for something to learn. Called under the gate.</summary>
    private DateTimeOffset? LearningDueAt()
    {
        if (!HasUnreflected())
        {
            _silence = null;
            return null;
        }

        _silence ??= LastUpdated(_nextHead!, _nextCounters) + _services.Reflection!.Options.IdleTime;
        return _reflectionRetry ?? _silence;
    }

    /// <summary>
    /// What is left to learn when a session ends: waits a little for a reflection that is under way, makes those that are due, and reads the rest without
    /// a model; also what a model has no time left for.
    /// </summary>
    private async Task<EndLearning?> LearnRestAsync(ModelTime models, CancellationToken cancellationToken)
    {
        Task running;
        lock (Gate)
        {
            if (!Learns())
            {
                return null;
            }

            running = _reflection;
        }

        try
        {
            await models.AskAsync(
                async token =>
                {
                    await running.WaitAsync(_services.Reflection!.Options.EndPatience, _services.Time, token).ConfigureAwait(false);
                    await LearnDueAtEndAsync(token).ConfigureAwait(false);
                    return true;
                },
                cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // Its result comes too late: the end reads by itself what it would have learned.
        }

        return await ReadRestAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Reads what was not reflected on, without a model. Of more than is read at once each reading is durable before the next, so that what a crash
    /// interrupts is gone on with; the last belongs to the end's own commit.
    /// </summary>
    /// <returns>What the last reading brought; null if the session ended meanwhile.</returns>
    private async Task<EndLearning?> ReadRestAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            ReflectionProgress past;
            long last;
            int turns;
            lock (Gate)
            {
                EnsureNotLost();
                if (!Learns())
                {
                    return null;
                }

                past = _nextHead!.Reflection ?? ReflectionProgress.None;
                (last, turns) = (_counters.LastSequence, _counters.Turns);
            }

            var read = new EndLearning(past, past, []);
            try
            {
                var rest = await ReadStretchAsync(past.Sequence, turns, last, MaxStretchLength, cancellationToken).ConfigureAwait(false);
                if (rest.Last < last)
                {
                    await LearnFromAsync(new LearningPlan(past, last, turns, LearningStep.Rest), rest, cancellationToken).ConfigureAwait(false);
                    await TryDeliverAsync(cancellationToken).ConfigureAwait(false);
                    continue;
                }

                var chunk = await ReadStretchAsync(past.ChunkSequence, turns, last, MaxStretchLength, cancellationToken).ConfigureAwait(false);
                if (chunk.Last < last)
                {
                    await LearnFromAsync(new LearningPlan(past, last, turns, LearningStep.RestOfChunks), chunk, cancellationToken).ConfigureAwait(false);
                    continue;
                }

                if (!ReflectionInput.IsMinimal(rest.Said))
                {
                    var found = await ReflectAsync(rest, past, withModel: false, cancellationToken).ConfigureAwait(false);
                    read.Changes.AddRange(found.Changes);
                    read = read with { Next = past with { Insights = past.Insights + found.Insights } };
                }

                if (!ReflectionInput.IsMinimal(chunk.Said))
                {
                    read.Changes.Add(await ChunkAsync(chunk, withModel: false, cancellationToken).ConfigureAwait(false));
                }

                read = read with { Next = read.Next with { Sequence = last, Turns = turns, ChunkSequence = last, ChunkTurns = turns } };
            }
            catch (Exception exception) when (exception is not (ActivationLostException or MemoryException or StorageException) && !cancellationToken.IsCancellationRequested)
            {
                // The end does not depend on what can be learned; what was not read is not said to be.
                LogReflectionFailed(_services.Logger, exception, Key.Session);
            }

            return read with { Next = read.Next with { Summary = null, Topics = null } };
        }
    }

    private async Task LearnDueAtEndAsync(CancellationToken cancellationToken)
    {
        try
        {
            await LearnAsync(rest: false, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is not (ActivationLostException or MemoryException or StorageException) && !cancellationToken.IsCancellationRequested)
        {
            LogReflectionFailed(_services.Logger, exception, Key.Session);
        }
    }

    /// <param name="From">How far the session was reflected on.</param>
    /// <param name="Next">How far it is with this.</param>
    /// <param name="Changes">What was learned.</param>
    private sealed record EndLearning(ReflectionProgress From, ReflectionProgress Next, List<LearnedChange> Changes);
}
