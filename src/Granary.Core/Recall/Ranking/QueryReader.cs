using Granary.Core.Recall.Analysis;
using Granary.Core.Recall.Lexical;

namespace Granary.Core.Recall.Ranking;

/// <summary>What a question asks for, read for one index.</summary>
internal sealed class ReadQuery
{
    /// <summary>Terms that the index knows, each once, with their weight.</summary>
    public required IReadOnlyList<(int Term, double Weight)> Terms { get; init; }

    /// <summary>The speaker that it names, or <see cref="UnitEntry.None"/> for nobody or several.</summary>
    public int Speaker { get; init; } = UnitEntry.None;

    /// <summary>Whether it asks when.</summary>
    public bool AsksWhen { get; init; }

    /// <summary>Whether it asks for what the assistant said.</summary>
    public bool AsksAssistant { get; init; }

    /// <summary>The time it names.</summary>
    public TimeRange? Time { get; init; }

    /// <summary>Reads a question.</summary>
    public static ReadQuery Read(string text, LexicalIndex index, RecallOptions options, DateTimeOffset now)
    {
        var terms = new TermList();
        TextAnalyzer.Analyze(text, terms);
        var names = index.Names.All;
        var speaker = UnitEntry.None;
        var speakers = 0;
        for (var i = 0; i < names.Count; i++)
        {
            if (names[i].Terms.Any(name => Contains(terms, name)))
            {
                speaker = i;
                speakers++;
            }
        }

        var known = new List<(int, double)>(terms.Count);
        var seen = new HashSet<int>();
        for (var i = 0; i < terms.Count; i++)
        {
            var term = index.Terms.Find(terms[i]);
            if (term < 0 || !seen.Add(term))
            {
                continue;
            }

            var text1 = terms[i].ToString();
            known.Add((term, names.Any(name => name.Terms.Contains(text1)) ? options.SpeakerTerm : 1));
        }

        return new ReadQuery
        {
            Terms = known,
            Speaker = speakers == 1 ? speaker : UnitEntry.None,
            AsksWhen = QuestionForms.AsksWhen(text),
            AsksAssistant = QuestionForms.AsksAssistant(text),
            Time = TimeRange.Read(text, now),
        };
    }

    private static bool Contains(TermList terms, string name)
    {
        for (var i = 0; i < terms.Count; i++)
        {
            if (terms[i].SequenceEqual(name))
            {
                return true;
            }
        }

        return false;
    }
}
