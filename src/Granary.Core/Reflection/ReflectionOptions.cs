namespace Granary.Core.Reflection;

/// <summary>When a session is reflected on, and what is kept of it (<c>Granary:Reflection</c>).</summary>
public sealed class ReflectionOptions
{
    /// <summary>The categories of insights where nothing is configured.</summary>
    public static IReadOnlyList<string> DefaultCategories { get; } = ["preferences", "knowledge_level", "goals", "behavior_patterns", "learning_progress"];

    /// <summary>Whether sessions are reflected on at all.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>Turns since the last reflection after which the next is made, 1 to 10,000 (REFLECTION_THRESHOLD_TURNS). What is less at a session's end is read without a model.</summary>
    public int ThresholdTurns { get; set; } = 15;

    /// <summary>Turns that become one interaction record, 1 to 10,000 (L_TURN_CHUNKS).</summary>
    public int ChunkTurns { get; set; } = 10;

    /// <summary>
    /// Completed sessions of an agent after which what is known of the user is put together anew, 1 to 10,000; 0 for only when it is asked for.
    /// </summary>
    public int SynthesisSessions { get; set; } = 5;

    /// <summary>How long a session is silent before what is new in it is reflected on, above zero.</summary>
    public TimeSpan IdleTime { get; set; } = TimeSpan.FromMinutes(30);

    /// <summary>How long the end of a session waits for a reflection that is under way, zero or more; then it reads the rest without a model.</summary>
    public TimeSpan EndPatience { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long models may take when a session ends, all calls together, above zero; then the end does without them.</summary>
    public TimeSpan EndLimit { get; set; } = DefaultEndLimit;

    /// <summary><see cref="EndLimit"/> where nothing is configured.</summary>
    internal static TimeSpan DefaultEndLimit { get; } = TimeSpan.FromSeconds(60);

    /// <summary>Insights and facts that one reflection may bring, 1 to 12.</summary>
    public int MaxLearned { get; set; } = 10;

    /// <summary>The categories that insights are kept in, 1 to 20 of 1 to 64 characters; an insight of another is left out.</summary>
    public IReadOnlyList<string> Categories { get; set; } = DefaultCategories;

    /// <summary>Checks the settings.</summary>
    /// <exception cref="InvalidOperationException">One is out of its range; the message names it.</exception>
    public void Validate()
    {
        Require(ThresholdTurns is >= 1 and <= 10_000, nameof(ThresholdTurns), "must be 1 to 10000");
        Require(ChunkTurns is >= 1 and <= 10_000, nameof(ChunkTurns), "must be 1 to 10000");
        Require(SynthesisSessions is >= 0 and <= 10_000, nameof(SynthesisSessions), "must be 0 to 10000");
        Require(IdleTime > TimeSpan.Zero && IdleTime <= TimeSpan.FromDays(365), nameof(IdleTime), "must be above zero and at most 365 days");
        Require(EndPatience >= TimeSpan.Zero && EndPatience <= TimeSpan.FromHours(1), nameof(EndPatience), "must be zero to one hour");
        Require(EndLimit > TimeSpan.Zero && EndLimit <= TimeSpan.FromHours(1), nameof(EndLimit), "must be above zero and at most one hour");
        Require(MaxLearned is >= 1 and <= 12, nameof(MaxLearned), "must be 1 to 12");
        Require(
            Categories is { Count: >= 1 and <= 20 } && Categories.All(category => !string.IsNullOrWhiteSpace(category) && category.Length <= 64),
            nameof(Categories),
            "must be 1 to 20 names of 1 to 64 characters");
    }

    private static void Require(bool holds, string name, string rule)
    {
        if (!holds)
        {
            throw new InvalidOperationException($"Granary:Reflection:{name} {rule}.");
        }
    }
}
