using System.Text;

namespace Granary.Core.Compaction.Extraction;

/// <summary>
/// Writes chosen sentences as a text and reads such a text again: a line for each run of one speaker, <c>Speaker: sentence sentence</c>.
/// </summary>
internal static class EpisodeText
{
    private const int MaxSpeakerLength = 40;

    /// <summary>The name of a user who has none.</summary>
    public const string User = "User";

    /// <summary>The name of a model that has none.</summary>
    public const string Assistant = "Assistant";

    /// <summary>What the name of a tool begins with.</summary>
    public const string Tool = "Tool";

    /// <summary>Writes sentences in the order of the text they come from.</summary>
    public static string Write(TextAnalysis text, List<int> chosen)
    {
        var result = new StringBuilder();
        string? speaker = null;
        foreach (var index in chosen.Order())
        {
            ref var sentence = ref text.Sentences[index];
            var utterance = text.UtteranceOf(sentence);
            if (utterance.Speaker != speaker)
            {
                speaker = utterance.Speaker;
                result.Append(result.Length == 0 ? "" : "\n");
                result.Append(speaker).Append(speaker.Length == 0 ? "" : ": ");
            }
            else
            {
                result.Append(' ');
            }

            Append(result, text, sentence);
        }

        return result.ToString();
    }

    /// <summary>Writes one sentence with a full stop where it has no end.</summary>
    public static void Append(StringBuilder result, TextAnalysis text, in Sentence sentence)
    {
        var span = text.TextOf(sentence);
        var quoted = SpeakerOf(span) is { Length: > 0 } name && IsSpeaker(text, name);
        result.Append(quoted ? "\u201C" : "").Append(span);
        var last = span[^1];
        var open = char.IsLetterOrDigit(last) && !Scripts.IsUnspaced(last) && (sentence.Traits & (Traits.Artifact | Traits.Code)) == 0;
        result.Append(open ? "." : "").Append(quoted ? "\u201D" : "");
    }

    /// <summary>Reads a text that <see cref="Write"/> wrote, or any other.</summary>
    public static List<Utterance> Read(string text)
    {
        var utterances = new List<Utterance>();
        foreach (var range in text.AsSpan().SplitAny('\n', '\r'))
        {
            var line = text.AsSpan(range).Trim();
            if (line.Length == 0)
            {
                continue;
            }

            var speaker = SpeakerOf(line);
            var words = speaker.Length == 0 ? line : line[(speaker.Length + 1)..].TrimStart();
            utterances.Add(new(speaker.ToString(), KindOf(speaker), words.ToString(), 0));
        }

        return utterances;
    }

    /// <summary>A name as it may stand before a colon: on one line, without a colon, not too long.</summary>
    public static string Speaker(string name)
    {
        var clean = new StringBuilder(Math.Min(name.Length, MaxSpeakerLength));
        foreach (var rune in name.EnumerateRunes())
        {
            if (clean.Length + 2 > MaxSpeakerLength)
            {
                break;
            }

            clean.Append(Rune.IsLetterOrDigit(rune) || rune.Value is '_' or '-' or '\'' ? rune : new Rune(' '));
        }

        return clean.ToString().Trim();
    }

    private static UtteranceKind KindOf(ReadOnlySpan<char> speaker) => speaker switch
    {
        "" => UtteranceKind.Prose,
        Assistant => UtteranceKind.Assistant,
        _ when speaker.StartsWith(Tool, StringComparison.Ordinal) => UtteranceKind.Tool,
        _ => UtteranceKind.Person,
    };

    private static ReadOnlySpan<char> SpeakerOf(ReadOnlySpan<char> line)
    {
        var colon = line[..Math.Min(line.Length, MaxSpeakerLength + 1)].IndexOf(": ");
        if (colon <= 0 || !char.IsLetterOrDigit(line[0]))
        {
            return [];
        }

        foreach (var c in line[..colon])
        {
            if (!char.IsLetterOrDigit(c) && c is not (' ' or '_' or '-' or '\''))
            {
                return [];
            }
        }

        return line[..colon];
    }

    private static bool IsSpeaker(TextAnalysis text, ReadOnlySpan<char> name)
    {
        foreach (var utterance in text.Utterances)
        {
            if (name.Equals(utterance.Speaker, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return name.Equals(User, StringComparison.OrdinalIgnoreCase) || name.Equals(Assistant, StringComparison.OrdinalIgnoreCase)
            || name.Equals("System", StringComparison.OrdinalIgnoreCase) || name.StartsWith(Tool + " ", StringComparison.OrdinalIgnoreCase);
    }
}
