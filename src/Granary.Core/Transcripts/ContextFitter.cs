using Granary.Core.Compaction;
using Granary.Core.Tokens;

namespace Granary.Core.Transcripts;

/// <summary>A context that was cut to fit.</summary>
/// <param name="Entries">The messages that are left, in order.</param>
/// <param name="Snapshot">What is left of the snapshot.</param>
/// <param name="OmittedMessages">How many messages were left out.</param>
internal sealed record FittedContext(IReadOnlyList<TranscriptEntry> Entries, Snapshot Snapshot, int OmittedMessages);

/// <summary>Cuts a context to a number of tokens.</summary>
internal static class ContextFitter
{
    /// <summary>
    /// Leaves out as little as makes the context fit: first whole blocks, oldest first; then facts of the snapshot, the least salient
    /// first; then its episodes, oldest first; the last user message goes last. System messages always stay: the result is larger than
    /// <paramref name="maxTokens"/> only if they alone are.
    /// </summary>
    public static FittedContext Fit(
        IReadOnlyList<TranscriptEntry> entries, Snapshot snapshot, int maxTokens, ITokenCounter counter, string? model)
    {
        long total = SnapshotText.Tokens(snapshot, counter, model);
        var snapshotTokens = total;
        foreach (var entry in entries)
        {
            total += entry.Tokens;
        }

        if (total <= maxTokens)
        {
            return new(entries, snapshot, 0);
        }

        var blocks = TranscriptBlocks.Of(entries);
        var question = LastQuestion(entries, blocks);
        var omitted = new HashSet<TranscriptBlock>(ReferenceEqualityComparer.Instance);
        foreach (var block in blocks)
        {
            if (total > maxTokens && !block.System && block != question)
            {
                omitted.Add(block);
                total -= block.Tokens;
            }
        }

        if (total > maxTokens)
        {
            var messages = total - snapshotTokens;
            (snapshot, snapshotTokens) = Shrink(snapshot, maxTokens - messages, counter, model);
            total = messages + snapshotTokens;
        }

        if (total > maxTokens && question is not null)
        {
            omitted.Add(question);
        }

        var left = Left(entries, blocks, omitted);
        return new(left, snapshot, entries.Count - left.Count);
    }

    private static TranscriptBlock? LastQuestion(IReadOnlyList<TranscriptEntry> entries, IReadOnlyList<TranscriptBlock> blocks)
    {
        for (var block = blocks.Count - 1; block >= 0; block--)
        {
            for (var index = blocks[block].Last; index >= blocks[block].First; index--)
            {
                if (entries[index].Message.Role == MessageRole.User)
                {
                    return blocks[block];
                }
            }
        }

        return null;
    }

    /// <summary>Takes the fewest facts and episodes away, by halving: fewer parts are never more tokens by more than the counter's rounding.</summary>
    private static (Snapshot Snapshot, long Tokens) Shrink(Snapshot snapshot, long maxTokens, ITokenCounter counter, string? model)
    {
        var order = snapshot.Facts.Select((fact, index) => (fact, index))
            .OrderBy(item => item.fact.Salience).ThenByDescending(item => item.fact.Kind).ThenByDescending(item => item.index)
            .Select(item => item.index).ToArray();
        var all = order.Length + snapshot.Episodes.Count;
        int low = 1, high = all;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (SnapshotText.Tokens(Without(snapshot, order, middle), counter, model) <= maxTokens)
            {
                high = middle;
            }
            else
            {
                low = middle + 1;
            }
        }

        for (; low < all; low++)
        {
            var smaller = Without(snapshot, order, low);
            if (SnapshotText.Tokens(smaller, counter, model) is var tokens && tokens <= maxTokens)
            {
                return (smaller, tokens);
            }
        }

        return (Snapshot.Empty, 0);
    }

    private static Snapshot Without(Snapshot snapshot, int[] order, int count)
    {
        var dropped = order.AsSpan(0, Math.Min(count, order.Length)).ToArray().ToHashSet();
        return snapshot with
        {
            Facts = [.. snapshot.Facts.Where((_, index) => !dropped.Contains(index))],
            Episodes = [.. snapshot.Episodes.Skip(Math.Max(0, count - order.Length))],
        };
    }

    private static List<TranscriptEntry> Left(
        IReadOnlyList<TranscriptEntry> entries, IReadOnlyList<TranscriptBlock> blocks, HashSet<TranscriptBlock> omitted)
    {
        var gone = new bool[entries.Count];
        foreach (var block in omitted)
        {
            for (var index = block.First; index <= block.Last; index++)
            {
                gone[index] |= block.Holds(entries, index);
            }
        }

        var left = new List<TranscriptEntry>(entries.Count);
        for (var index = 0; index < gone.Length; index++)
        {
            if (!gone[index])
            {
                left.Add(entries[index]);
            }
        }

        return left;
    }
}
