namespace Granary.Core.Users.Records;

/// <summary>Tells a record's history from its runs.</summary>
internal static class RecordHistory
{
    /// <param name="document">The record with its open run.</param>
    /// <param name="runs">The closed runs in their order.</param>
    public static List<MemoryChange> Tell(RecordDocument document, IReadOnlyList<HistoryDocument> runs)
    {
        // A run without a text has that of the next.
        var texts = new string[runs.Count + 1];
        texts[^1] = document.Record.Content;
        for (var i = runs.Count - 1; i >= 0; i--)
        {
            texts[i] = runs[i].Content ?? texts[i + 1];
        }

        var told = new List<MemoryChange>();
        for (var i = 0; i <= runs.Count; i++)
        {
            foreach (var change in i < runs.Count ? runs[i].Changes : document.Changes)
            {
                var isNewText = i > 0 && change == (i < runs.Count ? runs[i].Changes[0] : document.Changes[0]) && texts[i] != texts[i - 1];
                told.Add(Tell(document.Id, change, texts[i], isNewText ? texts[i - 1] : null));
            }
        }

        return told;
    }

    private static MemoryChange Tell(string id, RunChange change, string text, string? textBefore) => new()
    {
        MemoryId = id,
        Revision = change.Revision,
        Event = change.Event,
        Timestamp = change.At,
        OldContent = change.Event == MemoryEvent.Delete ? text : textBefore,
        NewContent = change.Event is MemoryEvent.Add or MemoryEvent.Restore || textBefore is not null ? text : null,
        Reason = change.Reason,
        SessionId = change.SessionId,
    };
}
