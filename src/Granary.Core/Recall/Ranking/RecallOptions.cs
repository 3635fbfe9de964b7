namespace Granary.Core.Recall.Ranking;

/// <summary>How recall ranks. The defaults were chosen by cross-validation over conversations (docs/recall.md).</summary>
internal sealed class RecallOptions
{
    /// <summary>BM25: how soon a term said again counts less. 0 to 10.</summary>
    public double Saturation { get; set; } = 1.2;

    /// <summary>BM25: how much length counts against a passage. 0 to 1.</summary>
    public double LengthPenalty { get; set; } = 0.4;

    /// <summary>How much a passage loses that has few of the asked terms (as a power of the share of their weight). 0 to 2.</summary>
    public double Coverage { get; set; } = 0.5;

    /// <summary>Weight of what is said 3, 2 and 1 messages before. 0 to 1 each.</summary>
    public double[] Before { get; set; } = [0.1, 0.3, 0.4];

    /// <summary>Weight of what is said 1, 2 and 3 messages after. 0 to 1 each.</summary>
    public double[] After { get; set; } = [0.3, 0.15, 0.1];

    /// <summary>How much more a question counts for the messages after it. 0 to 4.</summary>
    public double AfterQuestion { get; set; } = 0.5;

    /// <summary>Weight of the whole session's own score. 0 to 4.</summary>
    public double Session { get; set; } = 0.5;

    /// <summary>How much more counts what was said by the one that the question names. 0 to 4.</summary>
    public double NamedSpeaker { get; set; } = 0.8;

    /// <summary>What the name of a speaker weighs among the terms. 0 to 1.</summary>
    public double SpeakerTerm { get; set; } = 0.2;

    /// <summary>What the words of asking ("what kind of", "describe") and numbers and months weigh among the terms. 0 to 1.</summary>
    public double AskingTerm { get; set; } = 0.5;

    /// <summary>What terms weigh that begin like one that is asked for. 0 (off) to 1.</summary>
    public double Family { get; set; } = 0.4;

    /// <summary>What the words for about the same as an asked term weigh together (<see cref="Analysis.RelatedWords"/>). 0 (off) to 1.</summary>
    public double Synonyms { get; set; } = 0.3;

    /// <summary>What the words for kinds of an asked term weigh together. 0 (off) to 1.</summary>
    public double Kinds { get; set; } = 0.2;

    /// <summary>How much of its weight a relative of an asked term counts among the terms that a passage has (<see cref="Coverage"/>). 0 to 1.</summary>
    public double RelativeCoverage { get; set; } = 0.5;

    /// <summary>The same for an asked term that is said around a passage and not in it. 0 to 1.</summary>
    public double NearCoverage { get; set; } = 0.5;

    /// <summary>
    /// How much more a message with a name counts where the question asks for one. Only what the asked one said: long answers of an assistant have
    /// names by chance. 0 to 4.
    /// </summary>
    public double AskedName { get; set; } = 0.5;

    /// <summary>How much more a message counts that speaks of the one who says it. 0 to 4.</summary>
    public double FirstPerson { get; set; } = 0.1;

    /// <summary>How much more a message with a number counts where the question asks how many. 0 to 4.</summary>
    public double HowMany { get; set; } = 0.3;

    /// <summary>How much more a user's own words count where the question names no speaker. 0 to 4.</summary>
    public double OwnWords { get; set; } = 0.3;

    /// <summary>The same where the question is of the one who asks ("my", "I"); and for the assistant's words where it asks what the assistant said. 0 to 4.</summary>
    public double Asker { get; set; } = 0.8;

    /// <summary>How much a message that asks loses. 0 to 1.</summary>
    public double Question { get; set; } = 0.2;

    /// <summary>How much more a message with words of time counts where the question asks when. 0 to 4.</summary>
    public double When { get; set; } = 0.3;

    /// <summary>How much more a message of the time that the question names counts. 0 to 4.</summary>
    public double Date { get; set; } = 2;

    /// <summary>Power of length by which longer passages gain, up to 24 terms. 0 to 1.</summary>
    public double Length { get; set; } = 0.1;

    /// <summary>How much more the newest counts. 0 (off) to 1.</summary>
    public double Recency { get; set; }

    /// <summary>After how many days half of the gain of <see cref="Recency"/> is left. Above 0.</summary>
    public double RecencyHalfLifeDays { get; set; } = 30;

    /// <summary>How much the most important record gains and the least loses. 0 to 1.</summary>
    public double Importance { get; set; } = 0.2;

    /// <summary>What a record that does not hold now keeps of its score. 0 to 1.</summary>
    public double Expired { get; set; } = 0.5;

    /// <summary>Weight of vectors' nearness, the best words counting as 1. 0 to 10.</summary>
    public double Vectors { get; set; } = 1;

    /// <summary>Checks the ranges.</summary>
    /// <exception cref="ArgumentOutOfRangeException">One is out of its range; the message names it.</exception>
    public void Validate()
    {
        Check(Saturation, 0, 10, nameof(Saturation));
        Check(LengthPenalty, 0, 1, nameof(LengthPenalty));
        Check(Coverage, 0, 2, nameof(Coverage));
        Check(AfterQuestion, 0, 4, nameof(AfterQuestion));
        Check(Session, 0, 4, nameof(Session));
        Check(NamedSpeaker, 0, 4, nameof(NamedSpeaker));
        Check(SpeakerTerm, 0, 1, nameof(SpeakerTerm));
        Check(AskingTerm, 0, 1, nameof(AskingTerm));
        Check(Family, 0, 1, nameof(Family));
        Check(Synonyms, 0, 1, nameof(Synonyms));
        Check(Kinds, 0, 1, nameof(Kinds));
        Check(RelativeCoverage, 0, 1, nameof(RelativeCoverage));
        Check(NearCoverage, 0, 1, nameof(NearCoverage));
        Check(AskedName, 0, 4, nameof(AskedName));
        Check(FirstPerson, 0, 4, nameof(FirstPerson));
        Check(HowMany, 0, 4, nameof(HowMany));
        Check(OwnWords, 0, 4, nameof(OwnWords));
        Check(Asker, 0, 4, nameof(Asker));
        Check(Question, 0, 1, nameof(Question));
        Check(When, 0, 4, nameof(When));
        Check(Date, 0, 4, nameof(Date));
        Check(Length, 0, 1, nameof(Length));
        Check(Recency, 0, 1, nameof(Recency));
        Check(RecencyHalfLifeDays, double.Epsilon, 1e6, nameof(RecencyHalfLifeDays));
        Check(Importance, 0, 1, nameof(Importance));
        Check(Expired, 0, 1, nameof(Expired));
        Check(Vectors, 0, 10, nameof(Vectors));
        foreach (var (weights, name) in new[] { (Before, nameof(Before)), (After, nameof(After)) })
        {
            if (weights is not { Length: 3 })
            {
                throw new ArgumentOutOfRangeException(name, $"{name} must have 3 weights.");
            }

            Array.ForEach(weights, weight => Check(weight, 0, 1, name));
        }
    }

    private static void Check(double value, double least, double most, string name)
    {
        if (!(value >= least && value <= most))
        {
            throw new ArgumentOutOfRangeException(name, value, $"{name} must be from {least} to {most}.");
        }
    }
}
