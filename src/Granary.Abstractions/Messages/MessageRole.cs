using System.Text.Json.Serialization;
using Granary.Serialization;

namespace Granary;

/// <summary>Who speaks in a message.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<MessageRole>))]
public enum MessageRole
{
    /// <summary>Instructions to the model; never folded away.</summary>
    System,

    /// <summary>The user. Opens a turn.</summary>
    User,

    /// <summary>The model; may call tools.</summary>
    Assistant,

    /// <summary>The result of a tool call.</summary>
    Tool,
}
