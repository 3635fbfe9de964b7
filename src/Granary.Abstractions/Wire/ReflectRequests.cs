namespace Granary.Wire;

/// <summary><c>POST /memory/reflect</c>.</summary>
public sealed record ReflectSessionRequest
{
    /// <summary>The user.</summary>
    public string? UserId { get; init; }

    /// <summary>The session.</summary>
    public string? SessionId { get; init; }
}

/// <summary>Answer of <c>POST /memory/reflect</c>.</summary>
/// <param name="SessionId">The session.</param>
/// <param name="Status">What became of it: done, nothing (there was nothing new) or running (it goes on by itself).</param>
/// <param name="InsightsCount">Insights that this call added or changed.</param>
/// <param name="Summary">The session so far; empty where nothing is known.</param>
/// <param name="KeyTopics">What it is about.</param>
public sealed record ReflectSessionResponse(string SessionId, ReflectStatus Status, int InsightsCount, string Summary, IReadOnlyList<string> KeyTopics);
