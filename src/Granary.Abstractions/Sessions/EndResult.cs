using System.Text.Json.Serialization;

namespace Granary;

/// <summary>What ending a session did.</summary>
/// <param name="SessionId">The session.</param>
/// <param name="SummaryGenerated">Whether there was anything to summarize.</param>
/// <param name="Summary">The session in words.</param>
/// <param name="Topics">The words that it was about.</param>
/// <param name="TurnCount">Its turns.</param>
/// <param name="AlreadyEnded">Whether it had been ended before; nothing changed now.</param>
public sealed record EndResult(string SessionId, bool SummaryGenerated, string Summary, IReadOnlyList<string> Topics, int TurnCount, bool AlreadyEnded)
{
    /// <summary>Why the summary was made by extraction although a model was to make it, or null; also null where the session had been ended before.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? SummaryFallback { get; init; }

    /// <summary>Insights about the user that the session brought, all of its reflections together: added or changed.</summary>
    public int InsightsCount { get; init; }

    /// <summary>
    /// Whether this end was the one after which what is known of the user is put together anew; it goes on by itself. False where the user's memory does
    /// not answer at the moment.
    /// </summary>
    public bool SynthesisTriggered { get; init; }
}
