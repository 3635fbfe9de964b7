using System.Text;

namespace Granary.Core.Compaction.Extraction;

/// <summary>Finds facts of lasting worth where the words leave no doubt that they are facts.</summary>
internal static class FactExtraction
{
    /// <summary>What stands before an idea that was rejected.</summary>
    public const string Discarded = "DISCARDED: ";

    private const string Unanswered = "Unanswered: ";

    // A shorter statement with a number needs its context to mean anything.
    private const int LeastWordsOfStatement = 4;

    /// <summary>The facts, by kind and salience; of each kind no more than a snapshot keeps.</summary>
    public static List<SemanticFact> Of(TextAnalysis text)
    {
        var found = new List<Found>();
        var sentences = text.Sentences;
        for (var index = 0; index < sentences.Length; index++)
        {
            if (Classify(text, index) is { } fact)
            {
                found.Add(fact);
            }

            if ((sentences[index].Traits & (Traits.Artifact | Traits.Code)) == Traits.Artifact)
            {
                AddArtifacts(text, index, found);
            }
        }

        return Rank(text, found);
    }

    private static Found? Classify(TextAnalysis text, int index)
    {
        ref var sentence = ref text.Sentences[index];
        var traits = sentence.Traits;
        var kind = text.UtteranceOf(sentence).Kind;
        if (kind == UtteranceKind.Tool)
        {
            return Has(Traits.ToolFailure) ? new(FactKind.CriticalIssue, index, 60) : null;
        }

        if (kind == UtteranceKind.Prose || Has(Traits.Code))
        {
            return null;
        }

        if (Has(Traits.Question))
        {
            return Has(Traits.OpenQuestion) ? new(FactKind.UnresolvedWork, index, 60, Unanswered)
                : Has(Traits.Agreed) ? new(FactKind.DurableFact, index, 50)
                : null;
        }

        var person = kind == UtteranceKind.Person;
        var statement = sentence.WordCount >= LeastWordsOfStatement || !IsSpaced(text, sentence);
        return Has(Traits.Marker) ? new(FactKind.DurableFact, index, 90, Has(Traits.Rejection) ? Discarded : "")
            : person && statement && Has(Traits.Problem) && !Has(Traits.Resolved) ? new(FactKind.CriticalIssue, index, 30)
            : Has(Traits.Todo) ? new(FactKind.UnresolvedWork, index, person ? 40 : 20)
            : person && Has(Traits.Preference) ? new(FactKind.UserPreference, index, 50)
            : Has(Traits.Rejection) ? new(FactKind.DurableFact, index, 40, Discarded)
            : person && Has(Traits.Identity) ? new(FactKind.DurableFact, index, 70)
            : person && Has(Traits.Relation) && statement && (sentence.Names > 0 || Has(Traits.Number)) ? new(FactKind.DurableFact, index, 45)
            : Has(Traits.Decision) && statement ? new(FactKind.DurableFact, index, person ? 55 : 35)
            : Has(Traits.Intention) && Has(Traits.Date | Traits.ExactDate) && statement ? new(FactKind.UnresolvedWork, index, 10)
            : person && Has(Traits.Wish) && statement ? new(FactKind.UserPreference, index, 10)
            : statement && Has(Traits.ExactDate | Traits.Amount) ? new(FactKind.DurableFact, index, person ? 30 : 10)
            : null;

        bool Has(Traits any) => (traits & any) != 0;
    }

    private static bool IsSpaced(TextAnalysis text, in Sentence sentence) =>
        sentence.WordCount == 0 || (text.WordsOf(sentence)[0].Shape & WordShape.Unspaced) == 0;

    private static void AddArtifacts(TextAnalysis text, int index, List<Found> found)
    {
        ref var sentence = ref text.Sentences[index];
        var utterance = text.UtteranceOf(sentence);
        var worth = utterance.Kind switch { UtteranceKind.Person => 40, UtteranceKind.Assistant => 20, _ => 10 };
        var at = sentence.Start;
        while (Artifacts.Next(utterance.Text, ref at, sentence.Start + sentence.Length, out var range))
        {
            found.Add(new(FactKind.ImportantArtifact, index, worth, Artifact: utterance.Text[range]));
        }
    }

    private static List<SemanticFact> Rank(TextAnalysis text, List<Found> found)
    {
        var facts = new List<SemanticFact>();
        var known = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        for (var kind = FactKind.CriticalIssue; kind <= FactKind.ImportantArtifact; kind++)
        {
            var rank = 0;
            foreach (var item in found.Where(item => item.Kind == kind).OrderByDescending(item => item.Worth)
                .ThenByDescending(item => text.Sentences[item.Sentence].Score).ThenBy(item => item.Sentence))
            {
                var words = item.Artifact ?? Words(text, item);
                if (rank < FactRules.Most(kind) && known.Add(words))
                {
                    facts.Add(new(kind, words, FactRules.Base(kind) + item.Worth - rank, text.UtteranceOf(text.Sentences[item.Sentence]).Sequence));
                    rank++;
                }
            }
        }

        return facts;
    }

    private static string Words(TextAnalysis text, Found item)
    {
        ref var sentence = ref text.Sentences[item.Sentence];
        var speaker = text.UtteranceOf(sentence).Speaker;
        var words = new StringBuilder(item.Prefix);
        if ((sentence.Traits & Traits.Agreed) != 0)
        {
            ref var answer = ref text.Sentences[sentence.Companion];
            words.Append(text.UtteranceOf(answer).Speaker).Append(" agreed: ").Append(text.TextOf(sentence));
            return FactRules.Clip(words.ToString());
        }

        words.Append(speaker).Append(speaker.Length == 0 ? "" : ": ");

        // "It costs 500 EUR." means something only with the sentence before it.
        if ((sentence.Traits & Traits.PointsBack) != 0 && item.Sentence > 0 && text.Sentences[item.Sentence - 1].Utterance == sentence.Utterance)
        {
            EpisodeText.Append(words, text, text.Sentences[item.Sentence - 1]);
            words.Append(' ');
        }

        EpisodeText.Append(words, text, sentence);
        return FactRules.Clip(words.ToString());
    }

    /// <param name="Kind">The kind of fact.</param>
    /// <param name="Sentence">The sentence that says it.</param>
    /// <param name="Worth">What it weighs within its kind, 0 to 99.</param>
    /// <param name="Prefix">What stands before it.</param>
    /// <param name="Artifact">The artifact that is the fact, or null if the sentence is.</param>
    private sealed record Found(FactKind Kind, int Sentence, int Worth, string Prefix = "", string? Artifact = null);
}
