using Granary.Core.Recall.Analysis;
using Granary.Core.Recall.Lexical;

namespace Granary.Core.Recall.Ranking;

/// <summary>What a question asks for, read for one index.</summary>
internal sealed class ReadQuery
{
    /// <summary>Relatives of one term at most: more would be chance.</summary>
    private const int FamilyLimit = 8;

    /// <summary>Of how many units a related word may be in one: one that is everywhere tells little and costs most.</summary>
    private const int RelatedShare = 20;

    /// <summary>Units that it may be in at least, however few there are.</summary>
    private const int RelatedLeast = 8;

    /// <summary>Terms that the index knows, each once, with their weight.</summary>
    public required IReadOnlyList<QueryTerm> Terms { get; init; }

    /// <summary>Words related to the terms.</summary>
    public required IReadOnlyList<RelatedTerms> Related { get; init; }

    /// <summary>The speaker that it names, or <see cref="UnitEntry.None"/> for nobody or several.</summary>
    public int Speaker { get; init; } = UnitEntry.None;

    /// <summary>Whether it names several speakers.</summary>
    public bool NamesSeveral { get; init; }

    /// <summary>Whether it is of the one who asks.</summary>
    public bool AsksOfAsker { get; init; }

    /// <summary>Whether it asks when.</summary>
    public bool AsksWhen { get; init; }

    /// <summary>Whether it asks for a number.</summary>
    public bool AsksHowMany { get; init; }

    /// <summary>Whether it asks for a name.</summary>
    public bool AsksName { get; init; }

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
            if (IsPresent(names[i]) && names[i].Terms.Any(name => Contains(terms, name)))
            {
                speaker = i;
                speakers++;
            }
        }

        var known = new List<QueryTerm>(terms.Count);
        var seen = new HashSet<int>();
        for (var i = 0; i < terms.Count; i++)
        {
            var term = index.Terms.Find(terms[i]);
            var weight = Weight(terms, i, names, options);
            if (term >= 0 && weight > 0 && seen.Add(term))
            {
                known.Add(new QueryTerm(term, weight, IsAsked: true));
            }
        }

        if (options.Family > 0)
        {
            AddFamilies(terms, names, index, options, known, seen);
        }

        return new ReadQuery
        {
            Terms = known,
            Related = FindRelated(terms, names, index, options, seen),
            Speaker = speakers == 1 ? speaker : UnitEntry.None,
            NamesSeveral = speakers > 1,
            AsksOfAsker = QuestionForms.AsksOfAsker(text),
            AsksWhen = QuestionForms.AsksWhen(text),
            AsksHowMany = QuestionForms.AsksHowMany(text),
            AsksName = QuestionForms.AsksName(text),
            AsksAssistant = QuestionForms.AsksAssistant(text),
            Time = TimeRange.Read(text, now),
        };
    }

    private static bool IsPresent(NameTable.Name name) => Volatile.Read(ref name.Alive) > 0;

    private static bool IsSpeaker(string term, IReadOnlyList<NameTable.Name> names) => names.Any(name => IsPresent(name) && name.Terms.Contains(term));

    private static double Weight(TermList terms, int at, IReadOnlyList<NameTable.Name> names, RecallOptions options)
    {
        var term = terms[at].ToString();
        if (IsSpeaker(term, names))
        {
            return options.SpeakerTerm;
        }

        return terms.Kind(at) == TermKind.Number || QuestionWords.Contains(term) || QuestionWords.IsMonth(term) ? options.AskingTerm : 1;
    }

    private static void AddFamilies(
        TermList terms, IReadOnlyList<NameTable.Name> names, LexicalIndex index, RecallOptions options, List<QueryTerm> known, HashSet<int> seen)
    {
        var family = new List<int>();
        for (var i = 0; i < terms.Count; i++)
        {
            index.Terms.FindFamily(terms[i], family, FamilyLimit, index.Postings);
            foreach (var other in family)
            {
                var word = index.Terms[other].ToString();
                if (!IsSpeaker(word, names) && seen.Add(other))
                {
                    known.Add(new QueryTerm(other, options.Family, IsAsked: false));
                }
            }
        }
    }

    private static List<RelatedTerms> FindRelated(
        TermList terms, IReadOnlyList<NameTable.Name> names, LexicalIndex index, RecallOptions options, HashSet<int> seen)
    {
        var related = new List<RelatedTerms>();
        if (options.Synonyms == 0 && options.Kinds == 0)
        {
            return related;
        }

        var most = Math.Max(RelatedLeast, index.AliveCount / RelatedShare);
        var done = new HashSet<Relatives>(ReferenceEqualityComparer.Instance);
        for (var i = 0; i < terms.Count; i++)
        {
            if (RelatedWords.Of(terms[i]) is { } relatives && done.Add(relatives) && !IsSpeaker(terms[i].ToString(), names))
            {
                Add(relatives.Same, options.Synonyms);
                Add(relatives.Kinds, options.Kinds);
            }
        }

        return related;

        void Add(IReadOnlyList<string> words, double weight)
        {
            var found = words.Select(word => index.Terms.Find(word)).Where(term => term >= 0 && !seen.Contains(term) && index.Postings.Frequency(term) is > 0 and var units && units <= most).ToList();
            if (weight > 0 && found.Count > 0)
            {
                related.Add(new RelatedTerms(found, weight));
            }
        }
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

/// <summary>A term to look for.</summary>
/// <param name="Term">Its number.</param>
/// <param name="Weight">What it weighs beside its rarity.</param>
/// <param name="IsAsked">Whether the question has it; else it only resembles one.</param>
internal readonly record struct QueryTerm(int Term, double Weight, bool IsAsked);

/// <summary>Terms related to one that is asked for, looked for as if they were one.</summary>
/// <param name="Terms">Their numbers.</param>
/// <param name="Weight">What they weigh together beside their rarity.</param>
internal sealed record RelatedTerms(IReadOnlyList<int> Terms, double Weight);
