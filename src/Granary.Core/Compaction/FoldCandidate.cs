using Granary.Core.Transcripts;

namespace Granary.Core.Compaction;

/// <summary>A block that may be folded, with what orders and counts it.</summary>
/// <param name="Block">The block.</param>
/// <param name="FirstTurn">The turn of its first message.</param>
/// <param name="LastTurn">The turn of its last message.</param>
/// <param name="LastAccess">When one of its messages was last read on its own; 0 if never.</param>
/// <param name="Importance">How much it matters.</param>
internal sealed record FoldCandidate(TranscriptBlock Block, int FirstTurn, int LastTurn, long LastAccess, MessageImportance Importance);

/// <summary>Finds the blocks that may be folded.</summary>
internal static class FoldCandidates
{
    /// <summary>The blocks that may be folded, oldest first: no system message, no open call, nothing of the newest turn.</summary>
    public static List<FoldCandidate> Of(IReadOnlyList<TranscriptEntry> entries, List<int> turns, EvictionPolicy eviction)
    {
        var candidates = new List<FoldCandidate>();
        if (turns.Count == 0)
        {
            return candidates;
        }

        var levels = eviction.Order == EvictionOrder.Priority ? ImportanceLevels.For(eviction) : null;
        foreach (var block in TranscriptBlocks.Of(entries))
        {
            if (!block.System && !block.Open && entries[block.Last].Message.Turn < turns[^1])
            {
                candidates.Add(Candidate(entries, block, levels));
            }
        }

        return candidates;
    }

    /// <summary>The closed blocks of the newest turn, oldest first, without the message that opened it and the block that came last.</summary>
    public static List<FoldCandidate> OfNewestTurn(IReadOnlyList<TranscriptEntry> entries, List<int> turns)
    {
        var blocks = TranscriptBlocks.Of(entries)
            .Where(block => !block.System && turns.Count > 0 && entries[block.First].Message.Turn == turns[^1])
            .ToList();
        return [.. blocks.Skip(1).SkipLast(1).Where(block => !block.Open).Select(block => Candidate(entries, block, levels: null))];
    }

    private static FoldCandidate Candidate(IReadOnlyList<TranscriptEntry> entries, TranscriptBlock block, ImportanceLevels? levels)
    {
        long access = 0;
        var importance = MessageImportance.Low;
        for (var index = block.First; index <= block.Last; index++)
        {
            if (block.Holds(entries, index))
            {
                access = Math.Max(access, entries[index].LastAccess);
                if (levels is not null && levels.Of(entries[index].Message) is var level && level > importance)
                {
                    importance = level;
                }
            }
        }

        return new(block, entries[block.First].Message.Turn, entries[block.Last].Message.Turn, access, importance);
    }
}
