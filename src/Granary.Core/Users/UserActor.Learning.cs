using System.Text.Json;
using Granary.Core.Reflection;
using Granary.Core.Storage;
using Granary.Core.Users.Records;
using Microsoft.Extensions.Logging;

namespace Granary.Core.Users;

/// <summary>
/// What sessions learn becomes memory here: each notice with its watermark, so once, however often it is delivered.
/// </summary>
internal sealed partial class UserActor
{
    /// <summary>Applies a notice that says what was learned; returns when its effect is durable.</summary>
    /// <exception cref="TooLargeException">It takes more than can happen together.</exception>
    private async Task ApplyLearnedAsync(string sender, SessionDelivery delivery, IReadOnlyList<LearnedChange> learned)
    {
        var drafts = learned.Select(change => change.Draft is null ? null : new PreparedDraft(change.Draft, "learned", change.Origin)).ToArray();
        var applied = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task? already = null;
        try
        {
            await DecideAsync(
                plan =>
                {
                    if (IsApplied(sender, delivery, out already))
                    {
                        return true;
                    }

                    for (var i = 0; i < drafts.Length; i++)
                    {
                        Learn(plan, learned[i], drafts[i], delivery.SessionId);
                    }

                    if (plan.Missing.Count == 0)
                    {
                        Show(plan, sender, delivery, applied.Task);
                    }

                    return true;
                },
                CancellationToken.None).ConfigureAwait(false);
            applied.TrySetResult();
        }
        catch (Exception exception)
        {
            // Observed by nobody, if nobody delivered it a second time.
            applied.TrySetException(exception);
            _ = applied.Task.Exception;
            throw;
        }

        if (already is not null)
        {
            await already.ConfigureAwait(false);
        }
    }

    /// <returns>False if it takes more than can happen together: records of up to 64 KiB are written anew for a word of change.</returns>
    private async Task<bool> TryLearnAsync(string sender, SessionDelivery delivery, IReadOnlyList<LearnedChange> learned)
    {
        try
        {
            await ApplyLearnedAsync(sender, delivery, learned).ConfigureAwait(false);
            return true;
        }
        catch (TooLargeException exception)
        {
            LogTooMuchLearned(_services.Logger, exception, delivery.SessionId);
            return false;
        }
    }

    /// <summary>Puts the session's listing and the watermark beside the changes. Called under the gate.</summary>
    private void Show(RecordPlan plan, string sender, SessionDelivery delivery, Task applied)
    {
        var isKnown = _watermarks.TryGetValue(sender, out var before);
        var synthesis = _synthesis;
        plan.IfRefused(() =>
        {
            _synthesis = synthesis;
            _madeDue.Remove((delivery.SessionId, delivery.Number));
            if (isKnown)
            {
                _watermarks[sender] = before;
            }
            else
            {
                _watermarks.Remove(sender);
            }
        });
        var change = Prepare(sender, delivery);
        for (var i = 0; i < change.Writes.Count; i++)
        {
            plan.Also(change.Writes[i], i == 0 ? change.Apply : null);
        }

        _watermarks[sender] = (_watermarks[sender].Mark, applied);
    }

    private static void Learn(RecordPlan plan, LearnedChange change, PreparedDraft? draft, string session)
    {
        switch (change)
        {
            case { Event: MemoryEvent.Add, Upsert: true, MemoryId: { } id } when draft is not null:
                Upsert(plan, id, draft, change.Reason, session);
                break;
            case { Event: MemoryEvent.Add } when draft is not null:
                plan.Remember(draft, change.Reason);
                break;
            case { Event: MemoryEvent.Update, MemoryId: { } id } when draft is not null && plan.TryFind(id, out var document):
                Revise(plan, document, change, draft, session);
                break;
            case { Event: MemoryEvent.Delete, MemoryId: { } id } when plan.TryFind(id, out var document) && IsAsDecided(plan, document, change):
                var sources = plan.Joined(ref document!, [new MemorySource(session)]);
                plan.Change(document, document.Record with { State = MemoryState.Deleted, DeletedAt = plan.Now, Sources = sources }, MemoryEvent.Delete, change.Reason, session);
                break;
            case { Event: MemoryEvent.None, MemoryId: { } id } when plan.TryFind(id, out var document):
                Confirm(plan, document, change, draft, session);
                break;
        }
    }

    /// <summary>Notes that a record was used, and that a session says what it says.</summary>
    private static void Confirm(RecordPlan plan, RecordDocument? document, LearnedChange change, PreparedDraft? draft, string session)
    {
        var isActive = document is not null && document.StateAt(plan.Now).IsActive();
        if (draft is not null && !(isActive && SaysWhatItSaid(document!, change)))
        {
            // It says something else by now, or is gone: what was said is kept on its own.
            plan.Remember(draft, change.Reason);
        }
        else if (isActive)
        {
            if (draft is not null && !document!.Record.Sources.Any(source => source.SessionId == session))
            {
                document = plan.AddSources(document, draft.Draft.Sources, reason: null) ?? document;
            }

            plan.Touch(document!);
        }
    }

    /// <summary>Whether a record has the text that it had when a session decided on it: the open run of its history began before.</summary>
    private static bool SaysWhatItSaid(RecordDocument document, LearnedChange change) =>
        change.Revision is not { } revision || document.Record.Revision == revision || document.Changes[0].Revision <= revision;

    /// <summary>A record that is made anew again and again under one id.</summary>
    private static void Upsert(RecordPlan plan, string id, PreparedDraft draft, string? reason, string session)
    {
        if (!plan.TryFind(id, out var document))
        {
            return;
        }

        if (document is null)
        {
            plan.Remember(new PreparedDraft(draft.Draft with { Id = id }, draft.Field, draft.Origin), reason);
        }
        else if (document is { Record.Pinned: false } && document.StateAt(plan.Now).IsActive() && document.Key != draft.Key && plan.FindEqual(draft.Key) is null)
        {
            // One that the user deleted stays deleted.
            plan.Change(
                document,
                document.Record with { Content = draft.Draft.Content, Metadata = draft.Draft.Metadata, Origin = draft.Origin },
                MemoryEvent.Update,
                reason,
                session,
                draft.Key);
        }
    }

    private static void Revise(RecordPlan plan, RecordDocument? document, LearnedChange change, PreparedDraft draft, string session)
    {
        if (!IsAsDecided(plan, document, change) || (plan.FindEqual(draft.Key) is { } other && other != change.MemoryId))
        {
            // It changed since, or another says it: what was said is kept on its own.
            plan.Remember(draft, change.Reason);
            return;
        }

        var sources = plan.Joined(ref document!, draft.Draft.Sources);
        var record = document.Record;
        plan.Change(
            document,
            record with
            {
                Content = draft.Draft.Content,
                Origin = draft.Origin,
                Metadata = LearnedChanges.Reworded(record.Metadata, draft.Draft.Metadata),
                Category = draft.Draft.Category ?? record.Category,
                Confidence = draft.Draft.Confidence,
                Importance = draft.Draft.Importance > record.Importance ? draft.Draft.Importance : record.Importance,
                EventTime = draft.Draft.EventTime ?? record.EventTime,
                Sources = sources,
            },
            MemoryEvent.Update,
            change.Reason,
            session,
            ContentKey.Of(record.Kind, record.AgentId, draft.Draft.Content, record.Scope));
    }

    /// <summary>Whether a record is still what it was when a session decided on it, and reflection may change it at all.</summary>
    private static bool IsAsDecided(RecordPlan plan, RecordDocument? document, LearnedChange change) =>
        document is { Record.Pinned: false } && document.StateAt(plan.Now).IsActive() && (change.Revision is null || document.Record.Revision == change.Revision);

    [LoggerMessage(20, LogLevel.Warning, "What session {Session} learned takes too much at once; it is added without what it means for what is known")]
    private static partial void LogTooMuchLearned(ILogger logger, Exception exception, string session);

    [LoggerMessage(21, LogLevel.Error, "What session {Session} learned takes too much at once; it is left out")]
    private static partial void LogNothingLearned(ILogger logger, string session);
}
