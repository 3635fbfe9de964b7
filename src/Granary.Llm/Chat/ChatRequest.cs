using System.Text.Json;

namespace Granary.Llm;

/// <summary>What a model is asked, in no provider's dialect. Immutable; complete in itself: no client keeps a conversation.</summary>
public sealed record ChatRequest
{
    /// <summary>The model's name, as the provider knows it.</summary>
    public required string Model { get; init; }

    /// <summary>The conversation, oldest first, system messages included.</summary>
    public required IReadOnlyList<ModelMessage> Messages { get; init; }

    /// <summary>
    /// What was signed of the reasoning of answers among the messages, each with the id of the answer's first call; goes only to providers of the dialect
    /// that signed.
    /// </summary>
    public IReadOnlyList<SignedThoughts> Thoughts { get; init; } = [];

    /// <summary>The tools that the model may call.</summary>
    public IReadOnlyList<ToolDefinition> Tools { get; init; } = [];

    /// <summary>Whether it must call one; null: as the provider has it, which is <see cref="ToolChoiceKind.Auto"/>.</summary>
    public ToolChoice? ToolChoice { get; init; }

    /// <summary>The form of the answer; null for text.</summary>
    public ResponseFormat? ResponseFormat { get; init; }

    /// <summary>Randomness, 0 to 2; null for the provider's default.</summary>
    public double? Temperature { get; init; }

    /// <summary>The share of the likeliest tokens to choose from, above 0 up to 1; null for the provider's default.</summary>
    public double? TopP { get; init; }

    /// <summary>Tokens that the answer may have, 1 or more; null for the provider's default (Anthropic wants one: 4,000).</summary>
    public int? MaxTokens { get; init; }

    /// <summary>Texts that end the answer.</summary>
    public IReadOnlyList<string> Stop { get; init; } = [];

    /// <summary>How much to reason before answering: <c>minimal</c>, <c>low</c>, <c>medium</c> or <c>high</c>; null for the provider's default.</summary>
    public string? ReasoningEffort { get; init; }

    /// <summary>Whether the answer comes in pieces.</summary>
    public bool Stream { get; init; }
}

/// <summary>A tool as a model sees it.</summary>
/// <param name="Name">Its name: 1 to 64 letters, digits, <c>_</c> and <c>-</c>.</param>
/// <param name="Description">What it does.</param>
/// <param name="Parameters">Its arguments as JSON Schema, an object.</param>
public sealed record ToolDefinition(string Name, string Description, JsonElement Parameters);

/// <summary>Whether a model may or must call tools.</summary>
public enum ToolChoiceKind
{
    /// <summary>The model decides.</summary>
    Auto,

    /// <summary>It must not.</summary>
    None,

    /// <summary>It must call at least one.</summary>
    Required,

    /// <summary>It must call the one that is named.</summary>
    Named,
}

/// <summary>Whether a model may or must call tools.</summary>
/// <param name="Kind">Which.</param>
/// <param name="Name">The tool, with <see cref="ToolChoiceKind.Named"/>.</param>
/// <param name="AllowParallel">Whether several may be called at once; null for the provider's default.</param>
public sealed record ToolChoice(ToolChoiceKind Kind, string? Name = null, bool? AllowParallel = null);

/// <summary>The form of an answer that must be JSON.</summary>
/// <param name="Name">A name for the schema: letters, digits, <c>_</c> and <c>-</c>.</param>
/// <param name="Schema">The JSON Schema; null for any JSON object.</param>
public sealed record ResponseFormat(string Name = "answer", JsonElement? Schema = null);
