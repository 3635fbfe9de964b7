namespace Granary.Core.Reflection;

/// <summary>Finds what a stretch of a session says about its user. Runs outside every actor; may take its time.</summary>
public interface IReflector
{
    /// <summary>Reflects.</summary>
    /// <exception cref="Exception">Any: nothing is learned, and it is tried again later.</exception>
    ValueTask<SessionReflection> ReflectAsync(ReflectionRequest request, CancellationToken cancellationToken = default);
}

/// <summary>What to reflect on.</summary>
/// <param name="Messages">What the user and the assistant said, oldest first: already redacted, without what memory put into it.</param>
/// <param name="PreviousSummary">The session before them in words, or empty.</param>
/// <param name="Known">What is known that is nearest to it.</param>
/// <param name="Categories">The categories that insights may have.</param>
/// <param name="MaxLearned">Insights and facts that may be found.</param>
/// <param name="MaxSummaryTokens">Tokens that the summary may have.</param>
/// <param name="Model">The model whose tokens count, or null.</param>
public sealed record ReflectionRequest(
    IReadOnlyList<Message> Messages,
    string PreviousSummary,
    IReadOnlyList<MemoryRecord> Known,
    IReadOnlyList<string> Categories,
    int MaxLearned,
    int MaxSummaryTokens,
    string? Model);

/// <summary>What was found.</summary>
/// <param name="Summary">The session up to here in words.</param>
/// <param name="Topics">At most 5 words or names that it is about, the most telling first.</param>
/// <param name="Learned">Insights and facts.</param>
/// <param name="Cited">The ids of known memories that mattered in the stretch.</param>
/// <param name="Deterministic">Whether it was made without a model.</param>
/// <param name="Fallback">Why it was made without a model although one was to make it, or null.</param>
/// <param name="LeftOut">Insights and facts that were found beyond those that may be.</param>
public sealed record SessionReflection(
    string Summary,
    IReadOnlyList<string> Topics,
    IReadOnlyList<LearnedStatement> Learned,
    IReadOnlyList<string> Cited,
    bool Deterministic,
    string? Fallback = null,
    int LeftOut = 0);

/// <summary>An insight or a fact.</summary>
/// <param name="Kind"><see cref="MemoryKind.Insight"/> or <see cref="MemoryKind.Fact"/>.</param>
/// <param name="Text">What it says.</param>
/// <param name="Category">The category of an insight.</param>
/// <param name="Confidence">How sure it is, 0 to 1.</param>
/// <param name="Importance">How much it matters.</param>
/// <param name="Sequence">The message that it comes from, or null for the whole stretch.</param>
/// <param name="EventTime">When it was said, or null.</param>
public sealed record LearnedStatement(
    MemoryKind Kind,
    string Text,
    string? Category,
    double Confidence,
    MemoryImportance Importance,
    long? Sequence = null,
    DateTimeOffset? EventTime = null)
{
    /// <summary>The longest text in characters.</summary>
    public const int MaxLength = 1_000;
}
