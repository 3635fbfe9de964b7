using System.Text.Json.Serialization;

namespace Granary;

/// <summary>A message as a model gets it: without the session's bookkeeping, with every tool call followed by its result.</summary>
public sealed record ModelMessage
{
    /// <summary>Who speaks.</summary>
    public required MessageRole Role { get; init; }

    /// <summary>The text.</summary>
    public required string Content { get; init; }

    /// <summary>The speaker's or the tool's name.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Name { get; init; }

    /// <summary>Media that belongs to the message.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<MediaReference>? Media { get; init; }

    /// <summary>The tools an assistant calls.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<ToolCall>? ToolCalls { get; init; }

    /// <summary>The call that a tool message answers.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ToolCallId { get; init; }

    /// <summary>Why the tool failed.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ToolError { get; init; }
}
