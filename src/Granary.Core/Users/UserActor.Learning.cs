using System.Text.Json;
using Granary.Core.Reflection;
using Granary.Core.Storage;
using Granary.Core.Users.Records;
using Microsoft.Extensions.Logging;

namespace Granary.Core.Users;

/// <summary>
/// What sessions learn becomes memory here, and goes with them: each notice with its watermark, so once, however often it is delivered.
/// </summary>
/// <remarks>
/// When a session is erased, nothing that says what it said may stay. What came from it alone is removed with its history. What other sessions said in the
/// same words stays without its earlier texts and without the erased session's reasons. What was synthesized from many is removed, and can be made again.
/// </remarks>
internal sealed partial class UserActor
{
    /// <summary>Applies a notice that says what was learned; returns when its effect is durable.</summary>
    private async Task ApplyLearnedAsync(string sender, SessionDelivery delivery)
    {
        var learned = delivery.Notice.Learned!;
        var drafts = learned.Select(change => change.Draft is null ? null : new PreparedDraft(change.Draft, "learned")).ToArray();
        var applied = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        (WatermarkDocument, Task)? before = null;
        Task? already = null;
        var isMine = false;
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
                        before = _watermarks.TryGetValue(sender, out var mark) ? mark : null;
                        isMine = true;
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
            lock (Gate)
            {
                if (isMine && !IsLost && _watermarks.TryGetValue(sender, out var mark) && mark.Applied == applied.Task)
                {
                    Restore(sender, before);
                }
            }

            throw;
        }

        if (already is not null)
        {
            await already.ConfigureAwait(false);
        }
    }

    private void Restore(string sender, (WatermarkDocument, Task)? before)
    {
        if (before is { } mark)
        {
            _watermarks[sender] = mark;
        }
        else
        {
            _watermarks.Remove(sender);
        }
    }

    /// <summary>Puts the session's listing and the watermark beside the changes. Called under the gate.</summary>
    private void Show(RecordPlan plan, string sender, SessionDelivery delivery, Task applied)
    {
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
                plan.Change(
                    document!,
                    document!.Record with { State = MemoryState.Deleted, DeletedAt = plan.Now, Sources = WithSession(document.Record.Sources, [new MemorySource(session)]) },
                    MemoryEvent.Delete,
                    change.Reason,
                    session);
                break;
            case { Event: MemoryEvent.None, MemoryId: { } id } when plan.TryFind(id, out var document) && document is not null && document.StateAt(plan.Now).IsActive():
                if (draft is not null && !document.Record.Sources.Any(source => source.SessionId == session))
                {
                    document = plan.AddSources(document, draft.Draft.Sources, reason: null) ?? document;
                }

                plan.Touch(document);
                break;
        }
    }

    /// <summary>A record that is made anew again and again under one id.</summary>
    private static void Upsert(RecordPlan plan, string id, PreparedDraft draft, string? reason, string session)
    {
        if (!plan.TryFind(id, out var document))
        {
            return;
        }

        if (document is null)
        {
            plan.Remember(new PreparedDraft(draft.Draft with { Id = id }, draft.Field), reason);
        }
        else if (document.StateAt(plan.Now).IsActive() && document.Key != draft.Key && plan.FindEqual(draft.Key) is null)
        {
            // One that the user deleted stays deleted.
            plan.Change(document, document.Record with { Content = draft.Draft.Content, Metadata = draft.Draft.Metadata }, MemoryEvent.Update, reason, session, draft.Key);
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

        var record = document!.Record;
        plan.Change(
            document,
            record with
            {
                Content = draft.Draft.Content,
                Category = draft.Draft.Category ?? record.Category,
                Confidence = draft.Draft.Confidence,
                Importance = draft.Draft.Importance > record.Importance ? draft.Draft.Importance : record.Importance,
                EventTime = draft.Draft.EventTime ?? record.EventTime,
                Sources = WithSession(record.Sources, draft.Draft.Sources),
            },
            MemoryEvent.Update,
            change.Reason,
            session,
            ContentKey.Of(record.Kind, record.AgentId, draft.Draft.Content, record.Scope));
    }

    /// <summary>Whether a record is still what it was when a session decided on it, and reflection may change it at all.</summary>
    private static bool IsAsDecided(RecordPlan plan, RecordDocument? document, LearnedChange change) =>
        document is { Record.Pinned: false } && document.StateAt(plan.Now).IsActive() && (change.Revision is null || document.Record.Revision == change.Revision);

    private static List<MemorySource> WithSession(IReadOnlyList<MemorySource> sources, IReadOnlyList<MemorySource> added) =>
        [.. sources.Concat(added).Distinct().TakeLast(MemoryLimits.MaxSources)];

    /// <summary>Removes what an erased session left in the records. Can be repeated.</summary>
    private async Task ForgetSessionAsync(string session)
    {
        var ids = new List<string>();
        lock (Gate)
        {
            EnsureNotLost();
            var table = _records.Table;
            var place = table.Names.Find(session);
            for (var at = 0; at < table.Rows; at++)
            {
                ref var row = ref table[at];
                if (row.Number != 0 && (row.IsFrom(place) || MayBeSynthesized(in row)))
                {
                    ids.Add(row.Id);
                }
            }
        }

        // Nothing is ahead: what the session learned was delivered, so durable, before it could be erased.
        await ChangeInCommitsAsync(ids, static id => id, (plan, _, document) => ForgetSession(plan, document, session), changed: null, CancellationToken.None).ConfigureAwait(false);
    }

    private static bool MayBeSynthesized(in RecordRow row) =>
        row.KindOf == MemoryKind.Profile || (row.KindOf == MemoryKind.Insight && row.ImportanceOf == MemoryImportance.High);

    private static bool ForgetSession(RecordPlan plan, RecordDocument document, string session)
    {
        var record = document.Record;
        var isSynthesized = MemorySynthesis.IsSynthesized(record);
        var sources = record.Sources.Where(source => source.SessionId != session).ToList();
        if (!isSynthesized && sources.Count == record.Sources.Count)
        {
            return false;
        }

        // The open run of the history is what happened while the record said what it says now.
        var isSaidByOthers = sources.Count > 0 && document.Changes.Any(change =>
            change.Event is MemoryEvent.Add or MemoryEvent.Update && (change.SessionId is null || sources.Exists(source => source.SessionId == change.SessionId)));
        if (isSynthesized || !isSaidByOthers)
        {
            plan.Purge(document);
            return true;
        }

        for (var run = 1; run < document.Run; run++)
        {
            plan.Also(DocumentWrite.Delete(RecordDocumentIds.Run(document.Id, run)));
        }

        var kept = document with { Run = 1, Changes = [.. document.Changes.Select(change => change.SessionId == session ? change with { SessionId = null, Reason = null } : change)] };
        plan.Change(kept, record with { Sources = sources }, MemoryEvent.Update, "A session that it came from was erased.");
        return true;
    }

    [LoggerMessage(20, LogLevel.Error, "What session {Session} learned takes too much at once; it is left out")]
    private static partial void LogTooMuchLearned(ILogger logger, Exception exception, string session);
}
