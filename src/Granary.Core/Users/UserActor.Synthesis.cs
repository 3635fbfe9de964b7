using Granary.Core.Actors;
using Granary.Core.Reflection;
using Granary.Core.Storage;
using Granary.Core.Users.Records;
using Microsoft.Extensions.Logging;

namespace Granary.Core.Users;

/// <summary>
/// When what is known of the user is put together: each so many completed sessions, when an erased session took what was put together with it, when a
/// caller asks. That it is due is committed with its cause; it is made beside the calls, and once it is kept it is not due any more. So a crash only lets
/// it be made again, in place of itself.
/// </summary>
internal sealed partial class UserActor
{
    /// <summary>Memories that are looked at, the youngest.</summary>
    private const int MaxSynthesized = MemoryLimits.MaxPage;

    // One at a time.
    private readonly SemaphoreSlim _synthesizing = new(1);

    // Ahead: as of the changes on their way.
    private SynthesisDocument _synthesis = new();

    // The notices that made something due, until their senders are told.
    private readonly HashSet<(string Session, long Number)> _madeDue = [];
    private int _background;

    /// <summary>Puts together what is known, now.</summary>
    public async Task<SynthesisResult> SynthesizeAsync(SynthesisRequest request, CancellationToken cancellationToken)
    {
        if (request.AgentId is { } agent)
        {
            Ids.Require(agent, "agent_id");
        }

        if (request.Category is not null && (string.IsNullOrWhiteSpace(request.Category) || request.Category.Length > 64))
        {
            throw new InvalidRequestException("category", "must have 1 to 64 characters, not only white space");
        }

        lock (Gate)
        {
            EnsureUsable();
        }

        return await UnlessOvertakenAsync(SynthesizeAsync(request, isAsked: true, cancellationToken)).ConfigureAwait(false)
            ?? throw new UnavailableException(
                ErrorCodes.StorageUnavailable, "A session was erased while what is known was put together; nothing of it was kept.", TimeSpan.FromSeconds(1));
    }

    /// <summary>Whether sessions are counted at all. Called under the gate.</summary>
    private bool CountsSessions => _services.Synthesis is { Options: { Enabled: true, SynthesisSessions: > 0 } };

    /// <summary>Counts a session if a notice completes it. Called under the gate, when the notice is sent.</summary>
    private void Count(SessionListing listing, SessionDelivery delivery, List<DocumentWrite> writes)
    {
        if (CountsSessions && IsDone(listing) && !(_sessions.TryGetValue(listing.SessionId, out var before) && IsDone(before)))
        {
            _synthesis = _synthesis.Completed(listing.AgentId, _services.Synthesis!.Options.SynthesisSessions, _time.GetUtcNow(), out var isDue);
            if (isDue)
            {
                _madeDue.Add((delivery.SessionId, delivery.Number));
            }

            writes.Add(DocumentWrite.Put(SynthesisDocument.Id, _synthesis.Encode()));
        }
    }

    private static bool IsDone(SessionListing listing) => listing.Status == SessionStatus.Completed && listing.ReflectionStatus != ReflectionStatus.Pending;

    /// <summary>What was put together goes with an erased session: it is to be made again without it. Called under the gate.</summary>
    private void SynthesizeAgain(RecordPlan plan, string agent)
    {
        if (CountsSessions)
        {
            _synthesis = _synthesis.DueAt(agent, plan.Now);
            plan.Also(DocumentWrite.Put(SynthesisDocument.Id, _synthesis.Encode()));
        }
    }

    /// <summary>Begins with what is due, beside the calls.</summary>
    private void StartSynthesis()
    {
        lock (Gate)
        {
            if (IsLost || _erasure is not null || _synthesis.FindDue(_time.GetUtcNow()) is null)
            {
                return;
            }
        }

        _ = Task.Run(() => SynthesizeDueAsync(CancellationToken.None));
    }

    /// <summary>Makes what is due; what fails is due again later.</summary>
    private async Task SynthesizeDueAsync(CancellationToken cancellationToken)
    {
        string? agent = null;
        try
        {
            while (true)
            {
                DateTimeOffset due;
                int forgets;
                lock (Gate)
                {
                    EnsureUsable();
                    if (_services.Synthesis is null || (agent = _synthesis.FindDue(_time.GetUtcNow())) is null)
                    {
                        return;
                    }

                    due = _synthesis.Agents[agent].Due!.Value;
                    forgets = _forgets;
                }

                if (await SynthesizeAsync(new SynthesisRequest { AgentId = agent }, isAsked: false, cancellationToken).ConfigureAwait(false) is null)
                {
                    // It stays due: the erasure begins with it again at its end.
                    return;
                }

                await NoteSynthesisAsync(state => IsForgotten(forgets) ? state : state.Made(agent, due)).ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (exception is ActivationLostException or ErasedException)
        {
            // The user is gone or lost: it stays due, and whoever calls next finds out.
        }
        catch (Exception exception)
        {
            LogSynthesisFailed(_services.Logger, exception, agent);
            await TryPostponeSynthesisAsync(agent).ConfigureAwait(false);
        }
    }

    private async Task TryPostponeSynthesisAsync(string? agent)
    {
        try
        {
            if (agent is not null)
            {
                await NoteSynthesisAsync(state => state.Failed(agent, _time.GetUtcNow())).ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (exception is MemoryException or ActivationLostException)
        {
            // It stays due as it is.
        }
    }

    private async Task NoteSynthesisAsync(Func<SynthesisDocument, SynthesisDocument> change)
    {
        PartitionChange<bool> commit;
        bool pump;
        lock (Gate)
        {
            EnsureUsable();
            _synthesis = change(_synthesis);
            commit = new PartitionChange<bool>([DocumentWrite.Put(SynthesisDocument.Id, _synthesis.Encode())], static () => true);
            pump = Enqueue(commit);
        }

        if (pump)
        {
            Pump();
        }

        await commit.Done.ConfigureAwait(false);
    }

    /// <returns>Null if a session was erased meanwhile: what was made may tell of it, and is not kept.</returns>
    private async Task<SynthesisResult?> SynthesizeAsync(SynthesisRequest request, bool isAsked, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _background);
        try
        {
            await _synthesizing.WaitAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                return await SynthesizeOnceAsync(request, isAsked, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                _synthesizing.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _background);
        }
    }

    private async Task<SynthesisResult?> SynthesizeOnceAsync(SynthesisRequest request, bool isAsked, CancellationToken cancellationToken)
    {
        if (_services.Synthesis is not { } services)
        {
            return new SynthesisResult(null, []);
        }

        int forgets;
        lock (Gate)
        {
            EnsureUsable();
            forgets = _forgets;
        }

        var filter = new MemoryFilter { AgentId = request.AgentId ?? Ids.DefaultAgent, Kinds = [MemoryKind.Insight, MemoryKind.Fact] };
        var listed = await ListMemoriesAsync(new MemoryQuery { Filter = filter, Limit = MaxSynthesized }, cancellationToken).ConfigureAwait(false);
        var now = _time.GetUtcNow();
        var known = listed.Memories.Where(record => record.HoldsAt(now) && !MemorySynthesis.IsSynthesized(record)).ToList();
        var made = await MemorySynthesis.MakeAsync(services.Profiler, Key, request, known, id => FindActiveAsync(id, cancellationToken), isAsked, cancellationToken).ConfigureAwait(false);
        var drafts = made.ConvertAll(draft => new PreparedDraft(draft, "synthesized", MemoryOrigin.Synthesized));
        var outcomes = await DecideAsync(plan => IsForgotten(forgets) ? null : drafts.ConvertAll(draft => Keep(plan, draft, isAsked)), cancellationToken).ConfigureAwait(false);
        if (outcomes is not { Count: > 0 })
        {
            return outcomes is null ? null : new SynthesisResult(null, []);
        }

        if (request.Category is null)
        {
            await ChangeInCommitsAsync([.. known.Where(record => !record.Processed)], static record => record.Id, Process, changed: null, cancellationToken).ConfigureAwait(false);
        }

        var profile = made[^1].Kind == MemoryKind.Profile ? outcomes[^1] : null;
        return new SynthesisResult(profile, profile is null ? outcomes : outcomes.GetRange(0, outcomes.Count - 1));
    }

    private async Task<MemoryRecord?> FindActiveAsync(string id, CancellationToken cancellationToken)
    {
        var read = new Dictionary<string, RecordDocument>(StringComparer.Ordinal);
        await ReadRecordsAsync([id], read, cancellationToken).ConfigureAwait(false);
        return read.GetValueOrDefault(id) is { } document && document.StateAt(_time.GetUtcNow()).IsActive() ? document.Record : null;
    }

    /// <summary>Keeps what was made in place of what there is. What a caller wrote, pinned or (unless it is asked for again) deleted stays as it is.</summary>
    /// <returns>What became of it; null if a document is missing.</returns>
    private static MemoryOutcome Keep(RecordPlan plan, PreparedDraft draft, bool isAsked)
    {
        if (!plan.TryFind(draft.Draft.Id!, out var document))
        {
            return null!;
        }

        if (document is null)
        {
            return plan.Remember(draft, MemorySynthesis.Reason)!;
        }

        if (!document.StateAt(plan.Now).IsActive() && isAsked && plan.FindEqual(document.Key) is null)
        {
            document = plan.Restore(document, MemorySynthesis.Reason);
        }

        var record = document.Record;
        if (!document.StateAt(plan.Now).IsActive() || record.Pinned || record.Origin == MemoryOrigin.Told || document.Key == draft.Key || plan.FindEqual(draft.Key) is not null)
        {
            return new MemoryOutcome(MemoryEvent.None, document.At(plan.Now));
        }

        var next = record with
        {
            Content = draft.Draft.Content,
            Metadata = draft.Draft.Metadata,
            Confidence = draft.Draft.Confidence,
            Sources = draft.Draft.Sources,
            Origin = MemoryOrigin.Synthesized,
        };
        return new MemoryOutcome(MemoryEvent.Update, plan.Change(document, next, MemoryEvent.Update, MemorySynthesis.Reason, session: null, draft.Key).At(plan.Now));
    }

    /// <summary>Marks a memory as one that was put together with others, if it is still the one that was.</summary>
    private static bool Process(RecordPlan plan, MemoryRecord record, RecordDocument document)
    {
        if (document.Record.Revision != record.Revision || document.Record.Processed)
        {
            return false;
        }

        plan.Process(document);
        return true;
    }

    [LoggerMessage(22, LogLevel.Warning, "What is known of a user for agent {Agent} could not be put together; it is tried again later")]
    private static partial void LogSynthesisFailed(ILogger logger, Exception exception, string? agent);
}
