using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;
using Granary.Serialization;

namespace Granary;

/// <summary>A message of a session. Immutable.</summary>
public sealed record Message
{
    // What few messages have is kept apart: a session in memory is mostly messages of role, content and time.
    private readonly Rare? rare;

    /// <summary>The caller's id, unique in the session, or the one the session gave (<c>msg_</c> and the sequence).</summary>
    public string? Id { get; init; }

    /// <summary>Who speaks.</summary>
    public required MessageRole Role { get; init; }

    /// <summary>The text; empty where tool calls or media stand alone. Null is read as empty.</summary>
    [AllowNull]
    public string Content { get; init => field = value ?? ""; } = "";

    /// <summary>The speaker's or the tool's name.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Name { get => rare?.Name; init => rare = IsUnset(value) ? null : ((rare ?? Rare.None) with { Name = value }).OrNull(); }

    /// <summary>When it was said (ISO 8601; UTC where it has no offset); the time it was stored where the caller did not say.</summary>
    [JsonConverter(typeof(UtcTimeConverter))]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? Timestamp { get; init; }

    /// <summary>The caller's own JSON object, at most 16 KiB.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public JsonElement? Metadata { get => rare?.Metadata; init => rare = IsUnset(value) ? null : ((rare ?? Rare.None) with { Metadata = value }).OrNull(); }

    /// <summary>The model's reasoning, kept but never shown to another model.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Reasoning { get => rare?.Reasoning; init => rare = IsUnset(value) ? null : ((rare ?? Rare.None) with { Reasoning = value }).OrNull(); }

    /// <summary>Images, audio, video or files that belong to the message, by reference.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<MediaReference>? Media
    {
        get => rare?.Media;
        init => rare = IsUnset(value) ? null : ((rare ?? Rare.None) with { Media = value }).OrNull();
    }

    /// <summary>The tools an assistant calls.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<ToolCall>? ToolCalls
    {
        get => rare?.ToolCalls;
        init => rare = IsUnset(value) ? null : ((rare ?? Rare.None) with { ToolCalls = value }).OrNull();
    }

    /// <summary>On a tool message: the call it answers.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ToolCallId { get => rare?.ToolCallId; init => rare = IsUnset(value) ? null : ((rare ?? Rare.None) with { ToolCallId = value }).OrNull(); }

    /// <summary>On a tool message: why the tool failed.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ToolError { get => rare?.ToolError; init => rare = IsUnset(value) ? null : ((rare ?? Rare.None) with { ToolError = value }).OrNull(); }

    /// <summary>Position in the session, from 1 without gaps. Given by the session.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long Sequence { get; init; }

    /// <summary>The turn: the number of user messages up to and with this one; 0 before the first. Given by the session.</summary>
    public int Turn { get; init; }

    /// <summary>Whether something of the message was replaced by the redaction string before it was stored.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Redacted { get; init; }

    /// <summary>On an assistant message: whether the answer broke off before its end.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Partial { get; init; }

    /// <summary>
    /// Whether a later append gave the turn another answer (<see cref="AppendRequest.Supersedes"/>): the history still has the message, the context
    /// does not. Given by the session.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Superseded { get; init; }

    /// <summary>Whether there is nothing to keep and nothing to take away: the case of most messages, which allocates nothing.</summary>
    private bool IsUnset<T>(T value) => value is null && rare is null;

    private sealed record Rare
    {
        public static Rare None { get; } = new();

        public string? Name { get; init; }

        public JsonElement? Metadata { get; init; }

        public string? Reasoning { get; init; }

        public IReadOnlyList<MediaReference>? Media { get; init; }

        public IReadOnlyList<ToolCall>? ToolCalls { get; init; }

        public string? ToolCallId { get; init; }

        public string? ToolError { get; init; }

        /// <summary>Null if it holds nothing, so that messages that say the same are equal, however they came to be.</summary>
        public Rare? OrNull() => this == None ? null : this;
    }
}
