using Granary.Wire;

namespace Granary.Http.Endpoints.Memories;

/// <summary>What is known of a user from before a session.</summary>
/// <param name="Insights">The profile, or else the insights that matter most, those of a category together.</param>
/// <param name="Summaries">The latest completed sessions with the same agent.</param>
/// <param name="Error">Why there is neither, if the user's memory could not be read.</param>
internal sealed record LongTerm(IReadOnlyList<ContextInsight> Insights, IReadOnlyList<SessionSummaryView> Summaries, string? Error = null)
{
    /// <summary>Whether the other says the same.</summary>
    public bool Equals(LongTerm? other) =>
        other is not null
        && Error == other.Error
        && Insights.SequenceEqual(other.Insights)
        && Summaries.SequenceEqual(other.Summaries, SummaryComparer.Instance);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Insights.Count, Summaries.Count, Error);

    private sealed class SummaryComparer : IEqualityComparer<SessionSummaryView>
    {
        public static readonly SummaryComparer Instance = new();

        public bool Equals(SessionSummaryView? x, SessionSummaryView? y) =>
            ReferenceEquals(x, y)
            || (x is not null && y is not null && x.SessionId == y.SessionId && x.Timestamp == y.Timestamp && x.Summary == y.Summary && x.Topics.SequenceEqual(y.Topics));

        public int GetHashCode(SessionSummaryView summary) => summary.SessionId.GetHashCode(StringComparison.Ordinal);
    }
}
