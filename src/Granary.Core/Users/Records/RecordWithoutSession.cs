using System.Text.Json;
using Granary.Core.Reflection;

namespace Granary.Core.Users.Records;

/// <summary>
/// What stays of a record when a session is erased: the newest text that somebody else said too (another session, or the caller, whose own words are those
/// of a memory that was given without a source or changed by a patch), without the texts before and after it. A patch that left the text as it was says
/// nothing of its own.
/// </summary>
internal static class RecordWithoutSession
{
    /// <summary>Takes a session out of a record.</summary>
    /// <param name="document">The record with its open run.</param>
    /// <param name="runs">All closed runs.</param>
    /// <param name="session">The session.</param>
    /// <param name="rest">The record as if it had never had another text; null if nobody else said it: it must go.</param>
    /// <returns>False if there is nothing of the session.</returns>
    public static bool TryForget(RecordDocument document, IReadOnlyList<HistoryDocument> runs, string session, out RecordDocument? rest)
    {
        var record = document.Record;
        var texts = TextsOf(document, runs);
        var isSynthesized = MemorySynthesis.IsSynthesized(record)
            || (MemorySynthesis.MayBeSynthesized(record.Id) && texts.Exists(text => text.Changes.Exists(change => change.Reason == MemorySynthesis.Reason)));
        rest = document;
        if (!isSynthesized && !record.Sources.Any(source => source.SessionId == session) && !texts.Exists(text => text.Changes.Exists(change => change.SessionId == session)))
        {
            return false;
        }

        rest = null;
        for (var at = texts.Count - 1; at >= 0; at--)
        {
            var (text, changes) = texts[at];
            var said = changes.Where((change, i) => change.SessionId != session && (isSynthesized ? IsCallers(change, i) : IsSaid(change, i))).ToList();
            if (said.Count > 0)
            {
                rest = Rest(document, text, said, session, isOnly: texts.Count == 1, isCurrent: at == texts.Count - 1);
                break;
            }
        }

        return true;
    }

    private static RecordDocument Rest(RecordDocument document, string text, List<RunChange> said, string session, bool isOnly, bool isCurrent)
    {
        var record = document.Record;
        IReadOnlyList<RunChange> open = isCurrent ? document.Changes : [];

        // No other run is kept: that these changes say the text must be seen from them alone.
        var earlier = said.Except(open).DistinctBy(change => change.SessionId).TakeLast(MemoryLimits.MaxSources).ToList();
        var changes = earlier
            .Concat(open.SkipWhile(change => earlier.Count == 0 && !change.Erased && change.SessionId != session && !said.Contains(change)))
            .Select(change => change.SessionId == session ? change with { SessionId = null, Reason = null, Erased = true }
                : change.SessionId is not null && !isOnly ? change with { Reason = null } : change);
        return document with
        {
            Key = isCurrent ? document.Key : ContentKey.Of(record.Kind, record.AgentId, text),
            Run = 1,
            Changes = [.. changes],
            Record = record with
            {
                Content = text,
                Sources = [.. record.Sources.Where(source => source.SessionId != session)],
                Metadata = MetadataOf(record, isLearned: isCurrent && !said.Exists(change => change.SessionId is null)),
            },
        };
    }

    /// <summary>The texts that a record had, the oldest first, each with what happened while it had it.</summary>
    private static List<(string Text, List<RunChange> Changes)> TextsOf(RecordDocument document, IReadOnlyList<HistoryDocument> runs)
    {
        var texts = new List<(string, List<RunChange>)>();
        var changes = new List<RunChange>();
        foreach (var run in runs)
        {
            changes.AddRange(run.Changes);
            if (run.Content is { } text)
            {
                texts.Add((text, changes));
                changes = [];
            }
        }

        changes.AddRange(document.Changes);
        texts.Add((document.Record.Content, changes));
        return texts;
    }

    /// <summary>Whether a change says the text: it brought it, or it is somebody who said it again.</summary>
    private static bool IsSaid(RunChange change, int place) =>
        !change.Erased && change.Event is MemoryEvent.Add or MemoryEvent.Update && (place == 0 || change.SessionId is not null);

    /// <summary>Whether a caller brought a text that stands where another is synthesized.</summary>
    private static bool IsCallers(RunChange change, int place) =>
        place == 0 && change is { Erased: false, Event: MemoryEvent.Add or MemoryEvent.Update, SessionId: null } && change.Reason != MemorySynthesis.Reason;

    /// <summary>What learning wrote beside the text may be the session's too, its topics for instance; what the caller wrote stays.</summary>
    private static JsonElement? MetadataOf(MemoryRecord record, bool isLearned) =>
        record.Metadata is not { ValueKind: JsonValueKind.Object } metadata || !metadata.TryGetProperty("deterministic", out var deterministic) ? record.Metadata
        : isLearned ? LearnedChanges.Metadata(deterministic.ValueKind == JsonValueKind.True, fallback: null, topics: null)
        : null;
}
