using System.Text;
using System.Text.RegularExpressions;

namespace Granary.Core.Reflection;

/// <summary>
/// Takes out of a message what memory had put into the prompt and a client sent back: what is known must not be learned again as something new, or a
/// mistake would confirm itself.
/// </summary>
/// <remarks>
/// Recognised are the sections <c>[MEMORY:…]</c> of snapshots and recall, the headings of <c>formatted_context</c>, and what stands between
/// <c>&lt;session_initialization&gt;</c> or <c>&lt;memory…&gt;</c> and its end, also one within another. What stands between two sections belongs to the
/// first, however many paragraphs it has. The last one ends at a blank line that no further entry follows: a list goes on with list items, a conversation
/// up to its last paragraph that begins with a role. Further paragraphs of a last entry cannot be told from what the user wrote below; what memory
/// writes has none.
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

        var lines = WithoutElements(text).Split('\n');
        var kept = new StringBuilder(text.Length);
        for (var at = 0; at < lines.Length;)
        {
            var section = SectionOf(lines[at]);
            if (section == Section.None)
            {
                kept.Append(lines[at++].TrimEnd('\r')).Append('\n');
                continue;
            }

            var next = at + 1;
            while (next < lines.Length && SectionOf(lines[next]) == Section.None)
            {
                next++;
            }

            at = next < lines.Length ? next : EndOf(section, lines, at + 1);
        }

        return kept.ToString().Trim();
    }

    /// <summary>Where the last section ends that begins before a line.</summary>
    private static int EndOf(Section section, string[] lines, int at)
    {
        if (section == Section.Introduction)
        {
            return at;
        }

        at = EndOfParagraph(lines, PastBlanks(lines, at));
        if (section == Section.Conversation)
        {
            var last = Array.FindLastIndex(lines, line => SpeakerLine().IsMatch(line.AsSpan().Trim()));
            return last < at ? at : EndOfParagraph(lines, last);
        }

        while (PastBlanks(lines, at) is var next && next < lines.Length && Entry().IsMatch(lines[next]))
        {
            at = EndOfParagraph(lines, next);
        }

        return at;
    }

    private static int PastBlanks(string[] lines, int at)
    {
        while (at < lines.Length && string.IsNullOrWhiteSpace(lines[at]))
        {
            at++;
        }

        return at;
    }

    private static int EndOfParagraph(string[] lines, int at)
    {
        while (at < lines.Length && !string.IsNullOrWhiteSpace(lines[at]))
        {
            at++;
        }

        return at;
    }

    /// <summary>The text without memory's elements and what is in them; one that is not closed goes on to the end.</summary>
    private static string WithoutElements(string text)
    {
        var kept = new StringBuilder(text.Length);
        var (depth, from) = (0, 0);
        foreach (var tag in Tag().EnumerateMatches(text))
        {
            var closes = text[tag.Index + 1] == '/';
            if (!closes && depth++ == 0)
            {
                kept.Append(text.AsSpan(from, tag.Index - from)).Append("\n\n");
            }
            else if (closes && depth > 0 && --depth == 0)
            {
                from = tag.Index + tag.Length;
            }
        }

        return depth > 0 ? kept.ToString() : kept.Append(text.AsSpan(from)).ToString();
    }

    private static bool MayHold(string text) =>
        text.Contains(SectionStart, StringComparison.OrdinalIgnoreCase)
        || text.Contains('#', StringComparison.Ordinal)
        || text.Contains('<', StringComparison.Ordinal)
        || text.Contains(Introduction, StringComparison.Ordinal);

    private enum Section
    {
        /// <summary>The line begins none.</summary>
        None,

        /// <summary>The line stands before sections.</summary>
        Introduction,

        /// <summary>A text or a list.</summary>
        List,

        /// <summary>What was said, by role.</summary>
        Conversation,
    }

    private static Section SectionOf(ReadOnlySpan<char> line)
    {
        line = line.Trim();
        if (line.StartsWith(SectionStart, StringComparison.OrdinalIgnoreCase))
        {
            return Section.List;
        }

        if (line.SequenceEqual(Introduction))
        {
            return Section.Introduction;
        }

        var heading = line.TrimStart('#');
        if (heading.Length == line.Length)
        {
            return Section.None;
        }

        heading = heading.Trim().TrimEnd(':');
        foreach (var known in Headings)
        {
            if (heading.Equals(known, StringComparison.OrdinalIgnoreCase))
            {
                return known.EndsWith("Conversation", StringComparison.Ordinal) ? Section.Conversation : Section.List;
            }
        }

        return Section.None;
    }

    [GeneratedRegex(@"</?(session_initialization|memor(y(_context)?|ies)|recalled_memories)(\s[^<>]*)?>", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex Tag();

    [GeneratedRegex(@"^(?:USER|ASSISTANT|SYSTEM|TOOL|AGENT)(?: [^:]{0,64})?:|^\[TOOL_(?:RESULT|ERROR|CALL)\]", RegexOptions.CultureInvariant)]
    private static partial Regex SpeakerLine();

    /// <summary>An item of a list, or a line that belongs to one.</summary>
    [GeneratedRegex(@"^(?:\s{2,}\S|\s*(?:[-*\u2022]|\d+[.)])\s)", RegexOptions.CultureInvariant)]
    private static partial Regex Entry();
}
