namespace Granary.Core.Sessions.Documents;

/// <summary>How far a session was reflected on; written with the notice that tells what was learned.</summary>
internal sealed record ReflectionProgress
{
    /// <summary>Nothing was.</summary>
    public static ReflectionProgress None { get; } = new();

    /// <summary>The last message that was reflected on.</summary>
    public long Sequence { get; init; }

    /// <summary>The turns up to there.</summary>
    public int Turns { get; init; }

    /// <summary>The last message that is in an interaction record.</summary>
    public long ChunkSequence { get; init; }

    /// <summary>The turns up to there.</summary>
    public int ChunkTurns { get; init; }

    /// <summary>Insights that were added or changed.</summary>
    public int Insights { get; init; }

    /// <summary>The session so far in words; null when it ended, where the head has them.</summary>
    public string? Summary { get; init; }

    /// <summary>What it is about so far.</summary>
    public IReadOnlyList<string>? Topics { get; init; }
}
