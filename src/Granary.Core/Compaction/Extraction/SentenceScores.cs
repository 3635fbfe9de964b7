namespace Granary.Core.Compaction.Extraction;

/// <summary>
/// What each sentence is worth to a summary: how much its words say, for its length, and what it holds that must not be lost: names,
/// numbers, dates, decisions, wishes, problems.
/// </summary>
internal static class SentenceScores
{
    /// <summary>The worth of a sentence that is worth nothing: it is taken only if there is nothing else.</summary>
    public const double Least = 0.05;

    /// <summary>What a trait adds.</summary>
    private static readonly (Traits Traits, double Worth)[] Worths =
    [
        (Traits.Marker, 4),
        (Traits.OpenQuestion, 2.5),
        (Traits.Decision, 2),
        (Traits.Agreed, 2.5),
        (Traits.Identity, 2.2),
        (Traits.Preference, 1.8),
        (Traits.Rejection, 1.8),
        (Traits.ToolFailure, 2),
        (Traits.Amount, 1.6),
        (Traits.ExactDate, 1.6),
        (Traits.Todo, 1.5),
        (Traits.Problem, 1.2),
        (Traits.Date, 1.2),
        (Traits.Artifact, 1.2),
        (Traits.Wish, 0.8),
        (Traits.Number, 0.8),
        (Traits.Relation, 0.8),
        (Traits.Intention, 0.7),
        (Traits.Opening, 0.2),
        (Traits.Code, -1.5),
    ];

    /// <summary>Scores all sentences of a text.</summary>
    public static void Set(TextAnalysis text)
    {
        Weigh(text);
        var sentences = text.Sentences;
        for (var index = 0; index < sentences.Length; index++)
        {
            sentences[index].Score = Score(text, index);
        }
    }

    /// <summary>A term is worth more the longer it is, if it comes again, and if it is a name.</summary>
    private static void Weigh(TextAnalysis text)
    {
        for (var index = 0; index < text.Terms.Count; index++)
        {
            ref var term = ref text.Terms[index];
            ref readonly var word = ref text.WordAt(term.FirstWord);
            var weight = (word.Shape & WordShape.Unspaced) != 0 ? 0.4 : 0.5 + (0.07 * Math.Min(term.Length, 12));
            term.Weight = (weight * (1 + (0.25 * Math.Min(term.Sentences - 1, 3)))) + (term.AsName > 0 ? 0.5 : 0);
            term.LastSentence = -1;
        }
    }

    private static double Score(TextAnalysis text, int index)
    {
        ref var sentence = ref text.Sentences[index];
        double content = 0;
        var terms = 0;
        foreach (ref readonly var word in text.WordsOf(sentence))
        {
            if (word.Term >= 0 && text.Terms[word.Term].LastSentence != index)
            {
                text.Terms[word.Term].LastSentence = index;
                content += text.Terms[word.Term].Weight;
                terms++;
            }
        }

        var score = content / Math.Sqrt(sentence.WordCount + 3) + (0.6 * Math.Min(sentence.Names, 3));
        foreach (var (traits, worth) in Worths)
        {
            if ((sentence.Traits & traits) != 0)
            {
                score += worth;
            }
        }

        const Traits Substance =
            Traits.Date | Traits.Number | Traits.Decision | Traits.Identity | Traits.Preference | Traits.Artifact | Traits.Problem | Traits.Wish;
        if ((sentence.Traits & Traits.Filler) != 0 && (sentence.Traits & Substance) == 0)
        {
            score -= terms <= 4 ? 2 : 0.8;
        }

        if ((sentence.Traits & (Traits.Question | Traits.OpenQuestion | Traits.Agreed)) == Traits.Question)
        {
            score *= 0.6;
        }

        // "Understood." and "Fine, thanks." fill no gap; beside its question a short answer stands anyway.
        if (terms <= 1 && sentence.WordCount <= 2 && sentence.Names == 0 && (sentence.Traits & (Substance | Traits.Code)) == 0)
        {
            return Least / 2;
        }

        // A sentence of pure politeness or of signs alone comes last, but it comes if there is nothing else.
        var kind = text.UtteranceOf(sentence).Kind;
        score += kind switch { UtteranceKind.Person => 0.5, UtteranceKind.Tool => -0.3, _ => 0 };
        return Math.Max(terms == 0 ? Least / 2 : Least, score);
    }
}
