using System.Text.Json;

namespace Granary.Llm.Models;

/// <summary>What a model finds in a session.</summary>
internal sealed record ReflectionAnswer
{
    private const string Statement =
        """{"type":"object","properties":{"text":{"type":"string"},"category":{"type":["string","null"]},"confidence":{"type":"number"},"importance":{"type":"string","enum":["high","medium","low"]},"message":{"type":"integer"}},"required":["text","category","confidence","importance","message"],"additionalProperties":false}""";

    /// <summary>What a model is held to, where it can be; what is read is less strict.</summary>
    public static JsonElement Schema { get; } = JsonElement.Parse(
        $$"""
        {
          "type": "object",
          "properties": {
            "session_summary": {"type": "string"}, "key_topics": {"type": "array", "items": {"type": "string"} },
            "insights": {"type": "array", "items": {{Statement}} }, "facts": {"type": "array", "items": {{Statement}} },
            "cited": {"type": "array", "items": {"type": "integer"} }
          },
          "required": ["session_summary", "key_topics", "insights", "facts", "cited"],
          "additionalProperties": false
        }
        """);

    public required string SessionSummary { get; init; }

    public IReadOnlyList<string?> KeyTopics { get; init; } = [];

    public IReadOnlyList<StatementAnswer?> Insights { get; init; } = [];

    public IReadOnlyList<StatementAnswer?> Facts { get; init; } = [];

    /// <summary>Numbers of known memories.</summary>
    public IReadOnlyList<int> Cited { get; init; } = [];
}

/// <summary>A statement as a model writes it.</summary>
internal sealed record StatementAnswer
{
    public required string Text { get; init; }

    public string? Category { get; init; }

    public double? Confidence { get; init; }

    public string? Importance { get; init; }

    /// <summary>The number of the message that it comes from.</summary>
    public long? Message { get; init; }
}

/// <summary>What a model decides about new statements.</summary>
internal sealed record ReconcileAnswer
{
    /// <summary>What a model is held to, where it can be.</summary>
    public static JsonElement Schema { get; } = JsonElement.Parse(
        """
        {
          "type": "object",
          "properties": {
            "actions": {
              "type": "array",
              "items": {
                "type": "object",
                "properties": {
                  "new": {"type": "integer"}, "event": {"type": "string", "enum": ["ADD", "UPDATE", "DELETE", "NONE"]}, "id": {"type": ["integer", "null"]},
                  "text": {"type": ["string", "null"]}, "rationale": {"type": "string"}
                },
                "required": ["new", "event", "id", "text", "rationale"],
                "additionalProperties": false
              }
            }
          },
          "required": ["actions"],
          "additionalProperties": false
        }
        """);

    public required IReadOnlyList<ActionAnswer?> Actions { get; init; }
}

/// <summary>An action as a model writes it.</summary>
internal sealed record ActionAnswer
{
    /// <summary>The number of the new statement.</summary>
    public int? New { get; init; }

    public string? Event { get; init; }

    /// <summary>The number of the known memory.</summary>
    public int? Id { get; init; }

    public string? Text { get; init; }

    public string? Rationale { get; init; }
}

/// <summary>A text that a model makes of many memories.</summary>
internal sealed record SynthesisAnswer
{
    /// <summary>What a model is held to, where it can be.</summary>
    public static JsonElement Schema { get; } = JsonElement.Parse(
        """{"type":"object","properties":{"text":{"type":"string"},"confidence":{"type":"number"}},"required":["text","confidence"],"additionalProperties":false}""");

    public required string Text { get; init; }

    public double? Confidence { get; init; }
}
