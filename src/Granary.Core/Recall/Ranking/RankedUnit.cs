using Granary.Core.Recall.Lexical;

namespace Granary.Core.Recall.Ranking;

/// <summary>A unit that was found.</summary>
/// <param name="Unit">The number of its best passage in the index.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Source">The session's or record's id.</param>
/// <param name="Sequence">The message's sequence; 0 for a record.</param>
/// <param name="Tokens">Tokens that it costs in a prompt.</param>
/// <param name="Score">What it is ranked by, above 0; comparable within one answer only.</param>
/// <param name="Parts">What the score is made of.</param>
internal sealed record RankedUnit(int Unit, UnitKind Kind, string Source, long Sequence, int Tokens, double Score, ScoreParts Parts);

/// <summary>What a score is made of: the sum of the first four times all others.</summary>
/// <param name="Words">The unit's own terms.</param>
/// <param name="Neighbours">What is said around it.</param>
/// <param name="Session">Its whole session.</param>
/// <param name="Vectors">Nearness of meaning.</param>
/// <param name="Speaker">By whom it was said; a factor.</param>
/// <param name="Form">Length, and whether it asks; a factor.</param>
/// <param name="Time">Whether it fits the time asked for; a factor.</param>
/// <param name="Recency">How new it is; a factor.</param>
/// <param name="Record">Importance and validity; a factor.</param>
internal readonly record struct ScoreParts(
    double Words, double Neighbours, double Session, double Vectors, double Speaker, double Form, double Time, double Recency, double Record)
{
    /// <summary>The score.</summary>
    public double Total => (Words + Neighbours + Session + Vectors) * Speaker * Form * Time * Recency * Record;
}

/// <summary>A session that was found.</summary>
/// <param name="Session">Its id.</param>
/// <param name="Score">What it is ranked by, above 0.</param>
/// <param name="Best">Its best message.</param>
internal sealed record SessionHit(string Session, double Score, RankedUnit Best);
