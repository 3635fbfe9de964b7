namespace Granary.Benchmarks.Recall;

/// <summary>How well one question was answered; means of several add up by <see cref="Mean"/>.</summary>
internal sealed record QualityFigures(double Recall5, double Recall10, double Recall25, double ReciprocalRank, double Hit1, double Ndcg5, double Tokens10)
{
    /// <summary>Judges an answer: evidence recall among the first turns; for sessions, whether the first and how well the first five hold evidence.</summary>
    public static QualityFigures Judge(
        IReadOnlyList<string> turns, IReadOnlyList<int> tokens, IReadOnlyList<string> sessions, IReadOnlySet<string> evidence, IReadOnlySet<string> evidenceSessions)
    {
        double Recall(int k) => turns.Take(k).Count(evidence.Contains) / (double)evidence.Count;
        var first = turns.TakeWhile(turn => !evidence.Contains(turn)).Count();
        var gain = sessions.Take(5).Select((session, i) => evidenceSessions.Contains(session) ? 1 / Math.Log2(i + 2) : 0).Sum();
        var ideal = Enumerable.Range(0, Math.Min(5, evidenceSessions.Count)).Sum(i => 1 / Math.Log2(i + 2));
        return new QualityFigures(
            Recall(5), Recall(10), Recall(25), first < turns.Count ? 1.0 / (first + 1) : 0,
            sessions.Count > 0 && evidenceSessions.Contains(sessions[0]) ? 1 : 0, gain / ideal, tokens.Take(10).Sum());
    }

    /// <summary>The mean of each figure.</summary>
    public static QualityFigures Mean(IReadOnlyCollection<QualityFigures> all) => new(
        all.Average(f => f.Recall5), all.Average(f => f.Recall10), all.Average(f => f.Recall25), all.Average(f => f.ReciprocalRank),
        all.Average(f => f.Hit1), all.Average(f => f.Ndcg5), all.Average(f => f.Tokens10));
}
