namespace Granary.Core.Transcripts;

/// <summary>How large an active transcript is: all that the trigger of compaction asks.</summary>
/// <param name="Turns">Turns with at least one message that is not folded, system messages apart.</param>
/// <param name="Messages">Messages that are not folded, system messages apart: no compaction takes these.</param>
/// <param name="SystemTokens">Tokens of the system messages.</param>
/// <param name="SnapshotTokens">Tokens of the snapshot.</param>
/// <param name="RecentTokens">Tokens of the messages that are not folded, system messages apart.</param>
internal readonly record struct TranscriptSize(int Turns, int Messages, int SystemTokens, int SnapshotTokens, int RecentTokens)
{
    /// <summary>Tokens of all of it.</summary>
    public long Tokens => (long)SystemTokens + SnapshotTokens + RecentTokens;

    /// <summary>Measures a transcript.</summary>
    public static TranscriptSize Of(IReadOnlyList<TranscriptEntry> entries, int snapshotTokens)
    {
        int turns = 0, messages = 0, system = 0, recent = 0, turn = -1;
        foreach (var entry in entries)
        {
            if (entry.Message.Role == MessageRole.System)
            {
                system += entry.Tokens;
                continue;
            }

            messages++;
            recent += entry.Tokens;
            if (entry.Message.Turn != turn)
            {
                turn = entry.Message.Turn;
                turns++;
            }
        }

        return new(turns, messages, system, snapshotTokens, recent);
    }
}
