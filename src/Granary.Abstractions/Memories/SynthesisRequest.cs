using System.Text.Json.Serialization;

namespace Granary;

/// <summary>What to make of a user's memories.</summary>
public sealed record SynthesisRequest
{
    /// <summary>The agent whose memories are meant, or null for the default one.</summary>
    public string? AgentId { get; init; }

    /// <summary>Only what the insights of this category have in common, and no profile; null for each category and the profile. At most 64 characters.</summary>
    public string? Category { get; init; }
}

/// <summary>What was made of a user's memories.</summary>
/// <param name="Profile">What became of the profile; null where nothing is known, or it was not asked for.</param>
/// <param name="Patterns">What became of each category of three or more insights.</param>
public sealed record SynthesisResult(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] MemoryOutcome? Profile, IReadOnlyList<MemoryOutcome> Patterns);
