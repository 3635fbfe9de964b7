using System.Buffers;
using System.Runtime.CompilerServices;

namespace Granary.Core.Compaction;

/// <summary>How much a message matters, from what goes first to what never goes.</summary>
internal enum MessageImportance
{
    /// <summary>Tool traffic.</summary>
    Low,

    /// <summary>What a user or the model said.</summary>
    Medium,

    /// <summary>The same with a keyword.</summary>
    High,

    /// <summary>System messages.</summary>
    Critical,
}

/// <summary>Grades messages by the keywords of an eviction policy.</summary>
internal sealed class ImportanceLevels
{
    private static readonly ConditionalWeakTable<EvictionPolicy, ImportanceLevels> Known = [];

    private readonly SearchValues<string>? search;
    private readonly string[] keywords;

    private ImportanceLevels(EvictionPolicy policy)
    {
        keywords = [.. policy.PriorityKeywords.Where(keyword => !string.IsNullOrWhiteSpace(keyword)).Select(keyword => keyword.Trim())];

        // Longest first: of two keywords that begin at one place the longer one is tried first.
        Array.Sort(keywords, (a, b) => b.Length - a.Length);
        search = keywords.Length == 0 ? null : SearchValues.Create(keywords, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>The levels of a policy; made once for each.</summary>
    public static ImportanceLevels For(EvictionPolicy policy) => Known.GetValue(policy, static policy => new(policy));

    /// <summary>The level of a message. An assistant's message that only calls tools is tool traffic.</summary>
    public MessageImportance Of(Message message) => message.Role switch
    {
        MessageRole.System => MessageImportance.Critical,
        MessageRole.User or MessageRole.Assistant when HasKeyword(message.Content) => MessageImportance.High,
        MessageRole.Assistant when message.ToolCalls is { Count: > 0 } && string.IsNullOrWhiteSpace(message.Content) => MessageImportance.Low,
        MessageRole.User or MessageRole.Assistant => MessageImportance.Medium,
        _ => MessageImportance.Low,
    };

    private bool HasKeyword(string text)
    {
        if (search is null)
        {
            return false;
        }

        for (var start = 0; start < text.Length; start++)
        {
            var found = text.AsSpan(start).IndexOfAny(search);
            if (found < 0)
            {
                return false;
            }

            start += found;
            foreach (var keyword in keywords)
            {
                if (text.AsSpan(start).StartsWith(keyword, StringComparison.OrdinalIgnoreCase)
                    && EndsWord(text, start - 1, start) && EndsWord(text, start + keyword.Length - 1, start + keyword.Length))
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>Whether a word ends between two neighbouring characters. Scripts without spaces between words end one everywhere.</summary>
    private static bool EndsWord(string text, int left, int right) =>
        left < 0 || right >= text.Length || !IsWordPart(text[left]) || !IsWordPart(text[right]) || IsUnspaced(text[left]) || IsUnspaced(text[right]);

    private static bool IsWordPart(char c) => char.IsLetterOrDigit(c) || c == '_';

    // Thai to Khmer, and everything from the CJK radicals to the Hangul syllables: words there stand or are inflected without a space.
    private static bool IsUnspaced(char c) =>
        c is (>= '\u0E00' and <= '\u0EFF') or (>= '\u1000' and <= '\u109F') or (>= '\u1780' and <= '\u17FF')
            or (>= '\u2E80' and <= '\uD7FF') or (>= '\uF900' and <= '\uFAFF');
}
