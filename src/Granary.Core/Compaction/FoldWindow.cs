using Granary.Core.Transcripts;

namespace Granary.Core.Compaction;

/// <summary>What a plan has taken so far, and how large the transcript will be without it.</summary>
internal sealed class FoldWindow
{
    private readonly IReadOnlyList<TranscriptEntry> entries;
    private readonly Dictionary<int, int> messagesOfTurn = [];
    private readonly List<long> folded = [];
    private readonly int snapshotLimit;
    private FoldCandidate? last;

    /// <summary>Begins with nothing taken.</summary>
    public FoldWindow(IReadOnlyList<TranscriptEntry> entries, in TranscriptSize size, MemoryResource resource, double? threshold)
    {
        this.entries = entries;
        Size = size;
        Left = size;
        Resource = resource;
        Threshold = threshold;
        snapshotLimit = SnapshotBuilder.MaxTokens(resource);
        foreach (var entry in entries)
        {
            if (entry.Message.Role != MessageRole.System)
            {
                messagesOfTurn[entry.Message.Turn] = messagesOfTurn.GetValueOrDefault(entry.Message.Turn) + 1;
            }
        }
    }

    /// <summary>The size before.</summary>
    public TranscriptSize Size { get; }

    /// <summary>The size after: without what was taken, with the summary that will stand for it at its largest.</summary>
    public TranscriptSize Left { get; private set; }

    /// <summary>The policies.</summary>
    public MemoryResource Resource { get; }

    /// <summary>The share of a limit at which it counts as reached, or null for the resource's.</summary>
    public double? Threshold { get; }

    /// <summary>Messages taken.</summary>
    public int FoldedMessages => folded.Count;

    /// <summary>Whether the trigger would be reached at once again.</summary>
    public bool IsDue() => CompactionTrigger.IsDue(Left, Resource, Threshold);

    /// <summary>Whether what is left would not fit the input budget.</summary>
    public bool Overflows() => Left.Tokens > Resource.Budget.InputBudget();

    /// <summary>Whether a block is what was said to the question that was taken last: a question that is folded alone would seem unanswered.</summary>
    public bool IsAnswer(FoldCandidate candidate) =>
        last is not null && last.LastTurn == candidate.FirstTurn && last.Block.Last + 1 == candidate.Block.First
        && entries[last.Block.Last].Message.Role == MessageRole.User;

    /// <summary>Takes a block.</summary>
    public void Fold(FoldCandidate candidate)
    {
        last = candidate;
        var block = candidate.Block;
        var turns = Left.Turns;
        for (var index = block.First; index <= block.Last; index++)
        {
            if (block.Holds(entries, index))
            {
                var message = entries[index].Message;
                folded.Add(message.Sequence);
                turns -= --messagesOfTurn[message.Turn] == 0 ? 1 : 0;
            }
        }

        var recent = Left.RecentTokens - block.Tokens;
        var summary = Math.Min(Resource.Compaction.SummaryTokens, Size.RecentTokens - recent);
        var snapshot = Math.Min(Math.Max(snapshotLimit, Size.SnapshotTokens), (long)Size.SnapshotTokens + summary);
        Left = new(turns, Size.Messages - folded.Count, Size.SystemTokens, (int)snapshot, recent);
    }

    /// <summary>The tokens that the turns may have beside system messages and the snapshot.</summary>
    public double TokensForTurns()
    {
        double budget = Resource.Budget.InputBudget();
        var tokens = budget - Size.SystemTokens - Math.Min(snapshotLimit, (long)Size.SnapshotTokens + Resource.Compaction.SummaryTokens);
        if (Resource.Allocation is { } shares)
        {
            tokens = Math.Min(
                tokens - (shares.UserDefined * budget),
                (shares.ShortTerm * budget) - Math.Max(0, Size.SystemTokens - (shares.System * budget)));
        }

        return Math.Max(0, Math.Min(tokens, Resource.Compaction.MaxTokens ?? double.MaxValue));
    }

    /// <summary>The sequences taken, ascending.</summary>
    public IReadOnlyList<long> Folded()
    {
        folded.Sort();
        return folded;
    }
}
