namespace Granary.Core.Transcripts;

/// <summary>Cuts a transcript into blocks.</summary>
internal static class TranscriptBlocks
{
    /// <summary>
    /// The blocks, by their first message. A message is a block of its own, unless a tool call ties it to others: the block of a call
    /// reaches to its last result, however late, with all that was said between; blocks that would overlap are one.
    /// </summary>
    public static IReadOnlyList<TranscriptBlock> Of(IReadOnlyList<TranscriptEntry> entries)
    {
        var links = ToolLinks.Of(entries);
        var blocks = new List<TranscriptBlock>(entries.Count);
        for (var first = 0; first < entries.Count; first++)
        {
            // A system message that a block before reached across is met again when that block is closed.
            if (entries[first].Message.Role == MessageRole.System)
            {
                blocks.Add(new(first, 1, entries[first].Tokens, Open: false, System: true));
                continue;
            }

            var last = links.LastResult(first);
            var open = links.IsOpen(first);
            var tokens = entries[first].Tokens;
            var place = blocks.Count;
            for (var index = first + 1; index <= last; index++)
            {
                if (entries[index].Message.Role == MessageRole.System)
                {
                    blocks.Add(new(index, 1, entries[index].Tokens, Open: false, System: true));
                    continue;
                }

                tokens += entries[index].Tokens;
                open |= links.IsOpen(index);
                last = Math.Max(last, links.LastResult(index));
            }

            blocks.Insert(place, new(first, last - first + 1, tokens, open, System: false));
            first = last;
        }

        return blocks;
    }
}
