using System.Buffers;
using System.Globalization;
using System.Text;
using Granary.Core.Tokens;

namespace Granary.Core.Compaction;

/// <summary>Puts a snapshot in words: the same snapshot gives the same text, to the byte.</summary>
internal static class SnapshotText
{
    private const string HeaderStart = "[MEMORY:";

    private static readonly string[] Headers = ["CRITICAL_ISSUES", "UNRESOLVED_WORK", "USER_PREFERENCES", "DURABLE_FACTS", "IMPORTANT_ARTIFACTS"];

    private static readonly SearchValues<char> LineBreaks = SearchValues.Create("\r\n\v\f\u0085\u2028\u2029");

    /// <summary>
    /// The snapshot as a model gets it: <c>[MEMORY:EPISODIC]</c> with numbered summaries, then a section with a list for each kind of
    /// fact, a blank line between sections, empty ones left out; empty for an empty snapshot. Line breaks within a text become spaces
    /// and a header within it loses its bracket, so that no text can pass for a section.
    /// </summary>
    public static string Render(Snapshot snapshot)
    {
        var text = new StringBuilder();
        var number = 0;
        foreach (var episode in snapshot.Episodes)
        {
            if (string.IsNullOrWhiteSpace(episode.Summary))
            {
                continue;
            }

            text.Append(number == 0 ? HeaderStart + "EPISODIC]\n" : "\n");
            text.Append(CultureInfo.InvariantCulture, $"{++number}) ");
            AppendLine(text, episode.Summary);
        }

        for (var kind = FactKind.CriticalIssue; kind <= FactKind.ImportantArtifact; kind++)
        {
            var first = true;
            foreach (var fact in snapshot.Facts)
            {
                if (fact.Kind != kind || string.IsNullOrWhiteSpace(fact.Text))
                {
                    continue;
                }

                if (first)
                {
                    text.Append(text.Length == 0 ? "" : "\n\n").Append(HeaderStart).Append(Headers[(int)kind]).Append(']');
                    first = false;
                }

                text.Append("\n- ");
                AppendLine(text, fact.Text);
            }
        }

        return text.ToString();
    }

    /// <summary>What was folded, as prose: the episodes' summaries, oldest first, one line each or more.</summary>
    public static string Cumulative(Snapshot snapshot) =>
        snapshot.Episodes.Count == 1 ? snapshot.Episodes[0].Summary : string.Join('\n', snapshot.Episodes.Select(episode => episode.Summary));

    /// <summary>The tokens of the message that carries the snapshot to a model; 0 for an empty snapshot.</summary>
    public static int Tokens(Snapshot snapshot, ITokenCounter counter, string? model) =>
        Render(snapshot) is { Length: > 0 } text ? counter.Count(new Message { Role = MessageRole.User, Content = text }, model) : 0;

    private static void AppendLine(StringBuilder text, string value)
    {
        var start = text.Length;
        var rest = value.AsSpan().Trim();
        while (rest.IndexOfAny(LineBreaks) is var end and >= 0)
        {
            text.Append(rest[..end].TrimEnd()).Append(' ');
            rest = rest[end..].TrimStart();
        }

        text.Append(rest);
        if (value.Contains(HeaderStart, StringComparison.OrdinalIgnoreCase))
        {
            Defuse(text, start);
        }
    }

    private static void Defuse(StringBuilder text, int start)
    {
        var line = text.ToString(start, text.Length - start);
        var at = -1;
        while ((at = line.IndexOf(HeaderStart, at + 1, StringComparison.OrdinalIgnoreCase)) >= 0)
        {
            text[start + at] = '(';
        }
    }
}
