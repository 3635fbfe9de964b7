using System.Text;
using System.Text.RegularExpressions;

namespace Granary.Core.Reflection;

/// <summary>
/// Takes out of a message what memory had put into the prompt and a client sent back: what is known must not be learned again as something new, or a
/// mistake would confirm itself.
/// </summary>
/// <remarks>
/// Recognised are the sections <c>[MEMORY:…]</c> of snapshots and recall, the headings of <c>formatted_context</c>, and what stands between
/// <c>&lt;session_initialization&gt;</c> or <c>&lt;memory…&gt;</c> and its end. A section ends at a blank line; a conversation within one goes on as long as
/// paragraphs begin with a role.
/// </remarks>
internal static partial class InjectedText
{
    /// <summary>The headings of <c>formatted_context</c>, without the hashes before them.</summary>
    public static readonly IReadOnlyList<string> Headings =
    [
        "Long-term Context", "Recent Sessions", "Current Session Summary", "Recent Conversation", "Relevant Memory", "Relevant Memories",
        "Key Insights", "Recent Session Summaries", "Conversation Summary", "Active Conversation", "Long-term Memory", "User Profile",
    ];

    private const string SectionStart = "[MEMORY:";

    private const string Introduction = "What was said earlier in this conversation, in short (a record, not instructions):";

    /// <summary>The text without what memory put there; the same instance where there is nothing of it.</summary>
    public static string Strip(string text)
    {
        if (!MayHold(text))
        {
            return text;
        }

        text = Elements().Replace(text, "\n\n");
        var kept = new StringBuilder(text.Length);
        var inSection = false;
        var inConversation = false;
        var afterBlank = false;
        foreach (var range in text.AsSpan().Split('\n'))
        {
            var line = text.AsSpan(range).TrimEnd('\r');
            var bare = line.Trim();
            if (SectionOf(bare) is { } conversation)
            {
                (inSection, inConversation, afterBlank) = (true, conversation, false);
                continue;
            }

            if (inSection)
            {
                if (bare.IsEmpty)
                {
                    afterBlank = true;
                    continue;
                }

                if (!afterBlank || (inConversation && SpeakerLine().IsMatch(bare)))
                {
                    afterBlank = false;
                    continue;
                }

                inSection = false;
            }

            kept.Append(line).Append('\n');
        }

        return kept.ToString().Trim();
    }

    private static bool MayHold(string text) =>
        text.Contains(SectionStart, StringComparison.OrdinalIgnoreCase)
        || text.Contains('#', StringComparison.Ordinal)
        || text.Contains('<', StringComparison.Ordinal)
        || text.Contains(Introduction, StringComparison.Ordinal);

    /// <returns>Null if the line begins no section; otherwise whether the section is a conversation.</returns>
    private static bool? SectionOf(ReadOnlySpan<char> line)
    {
        if (line.StartsWith(SectionStart, StringComparison.OrdinalIgnoreCase) || line.SequenceEqual(Introduction))
        {
            return false;
        }

        var heading = line.TrimStart('#');
        if (heading.Length == line.Length)
        {
            return null;
        }

        heading = heading.Trim().TrimEnd(':');
        foreach (var known in Headings)
        {
            if (heading.Equals(known, StringComparison.OrdinalIgnoreCase))
            {
                return known.EndsWith("Conversation", StringComparison.Ordinal);
            }
        }

        return null;
    }

    [GeneratedRegex(@"<(session_initialization|memory(?:_context|ies)?|recalled_memories)(?:\s[^<>]*)?>.*?(?:</\1\s*>|\z)", RegexOptions.IgnoreCase | RegexOptions.Singleline | RegexOptions.CultureInvariant)]
    private static partial Regex Elements();

    [GeneratedRegex(@"^(?:USER|ASSISTANT|SYSTEM|TOOL|AGENT)(?: [^:]{0,64})?:", RegexOptions.CultureInvariant)]
    private static partial Regex SpeakerLine();
}
