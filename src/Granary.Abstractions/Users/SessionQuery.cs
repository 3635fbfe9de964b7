namespace Granary;

/// <summary>Which of a user's sessions to list, the youngest (by start) first.</summary>
public sealed record SessionQuery
{
    /// <summary>The most that one page holds.</summary>
    public const int MaxLimit = 1_000;

    /// <summary>How many at the most, 1 to <see cref="MaxLimit"/>.</summary>
    public int Limit { get; init; } = 50;

    /// <summary>Only those of this agent.</summary>
    public string? AgentId { get; init; }

    /// <summary>Only those in this state.</summary>
    public SessionStatus? Status { get; init; }

    /// <summary><see cref="SessionPage.Next"/> of the page before.</summary>
    public string? After { get; init; }
}
