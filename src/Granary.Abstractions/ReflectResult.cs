namespace Granary;

/// <summary>What became of a call to reflect on a session.</summary>
[System.Text.Json.Serialization.JsonConverter(typeof(Serialization.SnakeCaseEnumConverter<ReflectStatus>))]
public enum ReflectStatus
{
    /// <summary>All that was said so far has been reflected on, and what was learned is known.</summary>
    Done,

    /// <summary>There was nothing to reflect on: nothing new, or a session that nothing is learned from.</summary>
    Nothing,

    /// <summary>It is under way and goes on by itself.</summary>
    Running,
}

/// <summary>What was learned by reflecting on a session.</summary>
/// <param name="Status">What became of the call.</param>
/// <param name="InsightsCount">Insights that this call added or changed.</param>
/// <param name="Summary">The session so far; empty where nothing is known.</param>
/// <param name="Topics">What it is about.</param>
public sealed record ReflectResult(ReflectStatus Status, int InsightsCount, string Summary, IReadOnlyList<string> Topics);
