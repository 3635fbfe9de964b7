using Granary.Core.Actors;
using Granary.Core.Messages;
using Granary.Core.Reflection;
using Granary.Core.Resources;
using Granary.Core.Sessions.Documents;
using Granary.Core.Storage;
using Granary.Core.Transcripts;
using Granary.Core.Users;

namespace Granary.Core.Sessions;

internal sealed partial class SessionActor
{
    /// <summary>How often a final summary is made again because messages came in while it was made.</summary>
    private const int MaxEndAttempts = 3;

    private Task? _deletion;

    /// <summary>Creates the session, or restores it if it is active.</summary>
    public async Task<StartSessionResult> StartAsync(StartSessionOptions options, CancellationToken cancellationToken)
    {
        var handle = _resource ?? await _services.Resources.ResolveAsync(Key.Tenant, options.Resource, cancellationToken).ConfigureAwait(false);
        var prompt = SystemPrompt(options, handle.Current);
        var owner = await OwnerAsync(mayBeginAnew: true, cancellationToken).ConfigureAwait(false);
        PartitionChange<SessionContext>? creation = null;
        var pump = false;
        var deleting = false;
        lock (Gate)
        {
            EnsureNotLost();
            switch (_nextHead?.Phase)
            {
                case null when owner is null:
                    throw new ActivationLostException("What was there is gone since its user was looked at.");
                case null:
                    creation = PrepareStart(options, handle, prompt, owner.Value.Life);
                    pump = Enqueue(creation);
                    break;
                case SessionPhase.Active when !options.Restore:
                    throw new ConflictException(ErrorCodes.AlreadyExists, $"Session '{Key.Session}' exists.");
                case SessionPhase.Deleting:
                    deleting = true;
                    break;
                default:
                    CheckAppendable(_nextHead);
                    break;
            }
        }

        if (pump)
        {
            Pump();
        }

        if (deleting)
        {
            await DeleteAsync(ifMatch: null, cancellationToken).ConfigureAwait(false);
            throw new ActivationLostException("The session of that id was erased just now.");
        }

        if (creation is null)
        {
            await SettleAsync().ConfigureAwait(false);
            await TryDeliverAsync(cancellationToken).ConfigureAwait(false);
            return new StartSessionResult(Key.Session, true, options.PreviousSessionId, GetContext(ContextOptions.Default));
        }

        // What it created it answers from here on, even if the activation is lost while it delivers: asked again it would say "restored".
        var created = await CreateAsync(creation).ConfigureAwait(false);
        await TryDeliverAsync(cancellationToken).ConfigureAwait(false);
        return new StartSessionResult(Key.Session, false, options.PreviousSessionId, created);
    }

    private async Task<SessionContext> CreateAsync(PartitionChange<SessionContext> creation)
    {
        try
        {
            return await creation.Done.ConfigureAwait(false);
        }
        catch (ErasedException)
        {
            // Created and erased by another activation since this one was loaded. Nothing was stored; an explicit start may pass the tombstone.
            throw new ActivationLostException("The session of that id was erased just now.");
        }
    }

    /// <summary>Begins an empty epoch.</summary>
    public async Task<ClearResult> ClearAsync(bool confirm, string? ifMatch)
    {
        if (!confirm)
        {
            throw new InvalidRequestException("confirm", "must be true");
        }

        PartitionChange<ClearResult> change;
        bool pump;
        lock (Gate)
        {
            CheckChangeable(ifMatch);
            var epoch = NextEpoch(Snapshot.Empty, _nextCounters.LastSequence + 1, static _ => false, "clear");
            var number = _nextHead!.Epoch;
            _openCalls = null;
            change = new PartitionChange<ClearResult>(epoch.Writes, () =>
            {
                var cleared = _transcript.Entries.Count;
                epoch.Apply();
                return new ClearResult(true, Key.Session, cleared, number, BackupCreated: true);
            });
            pump = Enqueue(change);
        }

        if (pump)
        {
            Pump();
        }

        return await change.Done.ConfigureAwait(false);
    }

    /// <summary>Ends the session.</summary>
    public async Task<EndResult> EndAsync(CancellationToken cancellationToken)
    {
        lock (Gate)
        {
            _ending++;
        }

        try
        {
            return await EndOnceAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            lock (Gate)
            {
                _ending--;
            }
        }
    }

    private async Task<EndResult> EndOnceAsync(CancellationToken cancellationToken)
    {
        using var models = new ModelTime(_services.Reflection?.Options.EndLimit ?? ReflectionOptions.DefaultEndLimit, _services.Time);
        for (var attempt = 1; ; attempt++)
        {
            List<TranscriptEntry> entries;
            Snapshot snapshot;
            long upTo;
            lock (Gate)
            {
                var state = ReadableHead();
                if (state.Phase == SessionPhase.Completed)
                {
                    return EndResultOf(state, alreadyEnded: true);
                }

                entries = [.. _transcript.Entries.Where(e => e.Message.Role != MessageRole.System)];
                snapshot = _transcript.Snapshot;
                upTo = _counters.LastSequence;
            }

            var (summary, topics, fallback) = await SummarizeSessionAsync(
                entries, snapshot, (heard, previous, token) => models.AskAsync(within => AskSummarizerAsync(heard, previous, within), token), cancellationToken).ConfigureAwait(false);
            var isMinimal = entries.Count > 0 && snapshot.Episodes.Count == 0
                && ReflectionInput.IsMinimal(ReflectionInput.Of(entries.Select(entry => entry.Message)));
            if (isMinimal)
            {
                (summary, topics, fallback) = (ReflectionInput.MinimalSummary, ReflectionInput.MinimalTopics, null);
            }

            var learned = await LearnRestAsync(models, cancellationToken).ConfigureAwait(false);
            if (learned is not null && summary.Length > 0 && !isMinimal)
            {
                var isDeterministic = fallback is not null || _services.Summarizer.GetType() == _services.Fallback.GetType();
                learned.Changes.Add(LearnedChanges.SummaryOf(Key.Session, Incarnation, Agent, summary, topics, isDeterministic, fallback));
            }

            if (PrepareEnd(summary, topics, fallback, learned, attempt < MaxEndAttempts ? upTo : null) is { } change)
            {
                var result = await change.Done.ConfigureAwait(false);
                await TryDeliverAsync(cancellationToken).ConfigureAwait(false);
                return result with { SynthesisTriggered = _synthesisTriggered };
            }

            await SettleAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Erases the session for good.</summary>
    public async Task DeleteAsync(string? ifMatch, CancellationToken cancellationToken)
    {
        Task running;
        lock (Gate)
        {
            EnsureNotLost();
            if (_erased)
            {
                return;
            }

            if (_nextHead is null or { Phase: SessionPhase.Importing })
            {
                throw new NotFoundException($"There is no session '{Key.Session}' of user '{Key.User}'.");
            }

            CheckPrecondition(ifMatch);
            if (_deletion is null or { IsFaulted: true } or { IsCanceled: true })
            {
                _deletion = Task.Run(EraseAsync, CancellationToken.None);
            }

            running = _deletion;
        }

        await running.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Erases the session with its user, if it belongs to a life of the user that ends; one that is not there any more, or again, is left as it is.</summary>
    public async Task EraseWithUserAsync(string? life, CancellationToken cancellationToken)
    {
        lock (Gate)
        {
            EnsureNotLost();
            if (_erased || _nextHead is null or { Phase: SessionPhase.Importing } || _nextHead.Life != life)
            {
                return;
            }
        }

        await DeleteAsync(ifMatch: null, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// The steps of erasing, each of which can be repeated: the session is marked, the user's list forgets it, the partition goes. After a
    /// crash the partition is due, and maintenance goes on where it stopped.
    /// </summary>
    private async Task EraseAsync()
    {
        Interlocked.Increment(ref _background);
        var incarnation = "";
        try
        {
            PartitionChange<bool>? change = null;
            var pump = false;
            lock (Gate)
            {
                EnsureNotLost();
                incarnation = _nextHead!.Incarnation;
                if (_nextHead.Phase != SessionPhase.Deleting)
                {
                    change = WithNotice(_nextHead with { Phase = SessionPhase.Deleting, Summary = null, Topics = null, Reflection = null }, listed: false, _ => true);
                    pump = Enqueue(change);
                }
            }

            if (pump)
            {
                Pump();
            }

            await (change?.Done ?? SettleAsync()).ConfigureAwait(false);
            await DeliverAsync(CancellationToken.None).ConfigureAwait(false);
            await ErasePartitionAsync().ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is ActivationLostException or ErasedException)
        {
            // Overtaken by another activation. What the caller wanted gone may be gone already; what was begun anew since is not the caller's.
            if (!await IsGoneAsync(incarnation).ConfigureAwait(false))
            {
                throw;
            }
        }
        finally
        {
            Interlocked.Decrement(ref _background);
        }

        lock (Gate)
        {
            Abandon();
        }

        OnLost();
    }

    private async Task ErasePartitionAsync()
    {
        while (true)
        {
            PartitionVersion version;
            lock (Gate)
            {
                EnsureNotLost();
                version = Version;
            }

            try
            {
                if (await Store.DeleteAsync(Partition, version, CancellationToken.None).ConfigureAwait(false))
                {
                    return;
                }
            }
            catch (StorageException exception)
            {
                throw StoreFailed(exception);
            }

            await SettleAsync().ConfigureAwait(false);
            lock (Gate)
            {
                if (version == Version)
                {
                    throw new ActivationLostException("Another activation changed the partition.");
                }
            }
        }
    }

    private async Task<bool> IsGoneAsync(string incarnation)
    {
        try
        {
            var page = await Store.GetAsync(Partition, [SessionDocumentIds.Head], CancellationToken.None).ConfigureAwait(false);
            return page.Documents.Count == 0 || SessionHead.Decode(page.Documents[0].Body.Span).Incarnation != incarnation;
        }
        catch (StorageException exception)
        {
            throw StoreFailed(exception);
        }
    }

    private PartitionChange<SessionContext> PrepareStart(StartSessionOptions options, ResourceHandle handle, IReadOnlyList<Message> prompt, string? life)
    {
        var now = Now();
        var created = NewHead(options.AgentId, handle, now, options.PreviousSessionId, life) with { Outbox = 1 };
        var counted = _nextCounters;
        var entries = new List<TranscriptEntry>(prompt.Count);
        foreach (var message in prompt)
        {
            var tokens = _services.Tokens.Count(message, handle.Current.Resource.Budget.Model);
            counted = (counted with { StoredAt = now.ToUnixTimeMilliseconds() }).Plus(message.Role, tokens);
            entries.Add(new TranscriptEntry(
                message with { Id = AppendDocument.GeneratedId(counted.LastSequence), Sequence = counted.LastSequence, Timestamp = now }, tokens, 1));
        }

        var notice = new SessionNotice { Listing = Listing(created, counted), Life = created.Life };
        var writes = new List<DocumentWrite>(3)
        {
            DocumentWrite.Put(SessionDocumentIds.Head, created.Encode()),
            DocumentWrite.Put(SessionDocumentIds.Outbox(1), notice.Encode()),
        };
        if (entries.Count > 0)
        {
            writes.Add(DocumentWrite.Put(SessionDocumentIds.Append(1), new AppendDocument(entries, counted, null).Encode()));
        }

        // From here on nothing throws.
        _resource = handle;
        _nextHead = created;
        _nextCounters = counted;
        _nextOutbox++;
        return new PartitionChange<SessionContext>(writes, () =>
        {
            _erased = false;
            ApplyHead(created);
            entries.ForEach(_transcript.Append);
            _counters = counted;
            _outbox.Enqueue((1, notice));
            return CurrentContext(created);
        })
        {
            Recreate = _erased,
        };
    }

    private static IReadOnlyList<Message> SystemPrompt(StartSessionOptions options, ResolvedResource policy)
    {
        if (options.AgentId is { } agent)
        {
            Ids.Require(agent, "agent_id");
        }

        if (options.SystemPrompt is not { } prompt)
        {
            return [];
        }

        var message = new Message { Role = MessageRole.System, Content = prompt };
        AppendValidator.ValidateMessage(message, "system_prompt");
        return policy.Redactor.Redact([message]);
    }

    /// <param name="fallback">Why no model made it.</param>
    /// <param name="learned">What was learned of the rest, or null.</param>
    /// <param name="upTo">The sequence that the summary goes up to; null: any will do.</param>
    /// <param name="summary">The session in words.</param>
    /// <param name="topics">What it was about.</param>
    /// <returns>Null if messages came in, or somebody else ends or erases the session: look again.</returns>
    private PartitionChange<EndResult>? PrepareEnd(string summary, IReadOnlyList<string> topics, string? fallback, EndLearning? learned, long? upTo)
    {
        PartitionChange<EndResult> change;
        bool pump;
        lock (Gate)
        {
            EnsureNotLost();
            if (_nextHead!.Phase != SessionPhase.Active || (upTo is { } last && _nextCounters.LastSequence != last))
            {
                return null;
            }

            CheckChangeable(ifMatch: null);
            if (learned is not null && !IsAt(learned.From))
            {
                return null;
            }

            var next = _nextHead with
            {
                Phase = SessionPhase.Completed,
                EndTime = Now(),
                Summary = summary,
                Topics = topics,
                Reflection = learned?.Next ?? _nextHead.Reflection,
            };
            change = WithNotice(
                next.Fitted(), listed: true, state => EndResultOf(state, alreadyEnded: false) with { SummaryFallback = fallback }, learned?.Changes);
            pump = Enqueue(change);
        }

        if (pump)
        {
            Pump();
        }

        return change;
    }

    /// <summary>A change of the head that the user hears of, in as many notices as what was learned takes. Called under the gate.</summary>
    private PartitionChange<T> WithNotice<T>(SessionHead next, bool listed, Func<SessionHead, T> result, IReadOnlyList<LearnedChange>? learned = null)
    {
        IReadOnlyList<IReadOnlyList<LearnedChange>?> parts = learned is { Count: > 0 } ? [.. learned.Chunk(LearnedChanges.MaxPerNotice)] : [null];
        var first = next.Outbox + 1;
        next = next with { Outbox = next.Outbox + parts.Count };
        var listing = listed ? Listing(next, _nextCounters) : null;
        var notices = parts.Select((part, i) => (Number: first + i, Notice: new SessionNotice
        {
            Listing = listing,
            Learned = part,
            Life = next.Life,
            Messages = listed ? 0 : _nextCounters.LastSequence,
        })).ToList();
        DocumentWrite[] writes =
        [
            DocumentWrite.Put(SessionDocumentIds.Head, next.Encode()),
            .. notices.Select(notice => DocumentWrite.Put(SessionDocumentIds.Outbox(notice.Number), notice.Notice.Encode())),
        ];

        // From here on nothing throws.
        _nextHead = next;
        _nextOutbox += notices.Count;
        return new PartitionChange<T>(
            writes,
            () =>
            {
                ApplyHead(next);
                notices.ForEach(_outbox.Enqueue);
                return result(next);
            });
    }

    private void CheckChangeable(string? ifMatch)
    {
        ReadableHead();
        CheckAppendable(_nextHead!);
        if (Policy.Resource.ReadOnly)
        {
            throw new AccessDeniedException(ErrorCodes.ReadOnly, $"The memory resource '{Policy.Resource.Name}' is read-only.");
        }

        CheckPrecondition(ifMatch);
    }

    /// <summary>Delivery that is awaited but not owed: what fails now is delivered by maintenance.</summary>
    private async Task TryDeliverAsync(CancellationToken cancellationToken)
    {
        try
        {
            await DeliverAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (ErasedException)
        {
            throw;
        }
        catch (OperationCanceledException)
        {
            // The caller does not wait for it any more; what is durable is answered all the same.
        }
        catch (Exception exception)
        {
            LogDeliveryFailed(_services.Logger, exception, Key.Session);
        }
    }

    private EndResult EndResultOf(SessionHead state, bool alreadyEnded) => new(
        Key.Session, !string.IsNullOrEmpty(state.Summary), state.Summary ?? "", state.Topics ?? [], _counters.Turns, alreadyEnded)
    {
        InsightsCount = state.Reflection?.Insights ?? 0,
    };
}
