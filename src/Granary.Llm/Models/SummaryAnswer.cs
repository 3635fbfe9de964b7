using System.Text.Json;
using System.Text.Json.Serialization;

namespace Granary.Llm.Models;

/// <summary>A summary as a model writes it; all of it is required.</summary>
internal sealed record SummaryAnswer
{
    private const string List = """{"type":"array","items":{"type":"object","properties":{"fact":{"type":"string"},"message":{"type":"integer"}},"required":["fact","message"],"additionalProperties":false}}""";

    /// <summary>What a model is held to, where it can be; what is read is less strict.</summary>
    public static JsonElement Schema { get; } = JsonElement.Parse(
        $$"""
        {
          "type": "object",
          "properties": {
            "episodic_summary": {"type": "string"}, "critical_issues": {{List}}, "unresolved_work": {{List}},
            "durable_facts": {{List}}, "user_preferences": {{List}}, "important_artifacts": {{List}}
          },
          "required": ["episodic_summary", "critical_issues", "unresolved_work", "durable_facts", "user_preferences", "important_artifacts"],
          "additionalProperties": false
        }
        """);

    public required string EpisodicSummary { get; init; }

    public required IReadOnlyList<SummaryFact> CriticalIssues { get; init; }

    public required IReadOnlyList<SummaryFact> UnresolvedWork { get; init; }

    public required IReadOnlyList<SummaryFact> DurableFacts { get; init; }

    public required IReadOnlyList<SummaryFact> UserPreferences { get; init; }

    public required IReadOnlyList<SummaryFact> ImportantArtifacts { get; init; }

    /// <summary>The facts of a kind.</summary>
    public IReadOnlyList<SummaryFact> Of(FactKind kind) => kind switch
    {
        FactKind.CriticalIssue => CriticalIssues,
        FactKind.UnresolvedWork => UnresolvedWork,
        FactKind.UserPreference => UserPreferences,
        FactKind.DurableFact => DurableFacts,
        _ => ImportantArtifacts,
    };
}

/// <summary>A fact as a model writes it.</summary>
/// <param name="Fact">The fact.</param>
/// <param name="Message">The number of the message that it comes from, if the model says.</param>
[JsonConverter(typeof(SummaryFactConverter))]
internal sealed record SummaryFact(string Fact, long? Message = null);

/// <summary>Reads <c>{"fact":"…","message":3}</c>, and the bare text that smaller models write instead.</summary>
internal sealed class SummaryFactConverter : JsonConverter<SummaryFact>
{
    public override SummaryFact Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.String)
        {
            return new SummaryFact(reader.GetString()!);
        }

        using var json = JsonDocument.ParseValue(ref reader);
        var root = json.RootElement;
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("fact", out var fact) || fact.ValueKind != JsonValueKind.String)
        {
            throw new JsonException("A fact must be {\"fact\": \"text\"}; the property 'fact' is missing.");
        }

        var message = root.TryGetProperty("message", out var number) && number.ValueKind == JsonValueKind.Number && number.TryGetInt64(out var sequence) ? sequence : (long?)null;
        return new SummaryFact(fact.GetString()!, message);
    }

    public override void Write(Utf8JsonWriter writer, SummaryFact value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        writer.WriteString("fact", value.Fact);
        if (value.Message is { } message)
        {
            writer.WriteNumber("message", message);
        }

        writer.WriteEndObject();
    }
}

/// <summary>The JSON of models' answers: snake-case names, patience with commas and comments, null where a value is required is an error.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    RespectNullableAnnotations = true,
    AllowTrailingCommas = true,
    ReadCommentHandling = JsonCommentHandling.Skip)]
[JsonSerializable(typeof(SummaryAnswer))]
[JsonSerializable(typeof(ReflectionAnswer))]
[JsonSerializable(typeof(ReconcileAnswer))]
[JsonSerializable(typeof(SynthesisAnswer))]
internal sealed partial class AnswerJson : JsonSerializerContext;
