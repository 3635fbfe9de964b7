using System.Text.Json;
using System.Text.Json.Serialization;
using Granary.Llm.Streaming;

namespace Granary.Llm.Agents;

/// <summary>The parts of events as JSON: names in small letters with <c>_</c>, kinds and reasons as words, nothing that says nothing.</summary>
internal static class ProxyEventJson
{
    /// <summary>How they are written.</summary>
    public static JsonSerializerOptions Options { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false) },
    };
}

/// <summary>Writes and reads <see cref="RelayedPiece.Piece"/>.</summary>
internal sealed class PieceConverter : JsonConverter<StreamEvent>
{
    public override StreamEvent Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var shown = JsonSerializer.Deserialize<Shown>(ref reader, ProxyEventJson.Options) ?? throw new JsonException("A piece must be an object.");
        return new StreamEvent(shown.Kind, shown.Text, shown.Index ?? 0, shown.Id, shown.Name, shown.Usage?.Told, shown.Finish ?? ChatFinish.Unknown);
    }

    public override void Write(Utf8JsonWriter writer, StreamEvent value, JsonSerializerOptions options)
    {
        var isCall = value.Kind is StreamEventKind.ToolCallStart or StreamEventKind.ToolCallDelta or StreamEventKind.ToolCallComplete;
        var shown = new Shown(
            value.Kind, value.Text, isCall ? value.Index : null, value.Id, value.Name, UsageJson.Of(value.Usage), value.Kind == StreamEventKind.Stop ? value.Finish : null);
        JsonSerializer.Serialize(writer, shown, ProxyEventJson.Options);
    }

    private sealed record Shown(StreamEventKind Kind, string? Text, int? Index, string? Id, string? Name, UsageJson? Usage, ChatFinish? Finish);
}

/// <summary>Writes and reads <see cref="Completion.Usage"/>.</summary>
internal sealed class UsageConverter : JsonConverter<ChatUsage>
{
    public override ChatUsage? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        JsonSerializer.Deserialize<UsageJson>(ref reader, ProxyEventJson.Options)?.Told;

    public override void Write(Utf8JsonWriter writer, ChatUsage value, JsonSerializerOptions options) =>
        JsonSerializer.Serialize(writer, UsageJson.Of(value), ProxyEventJson.Options);
}

/// <summary>Tokens as they are written.</summary>
internal sealed record UsageJson(int InputTokens, int OutputTokens, int TotalTokens, int CachedInputTokens, int CacheWriteTokens, int ReasoningTokens)
{
    /// <summary>What was told.</summary>
    [JsonIgnore]
    public ChatUsage Told => new(
        InputTokens, OutputTokens, CachedInputTokens, CacheWriteTokens, ReasoningTokens, TotalTokens > (long)InputTokens + OutputTokens ? TotalTokens : 0);

    /// <summary>What is written of it.</summary>
    public static UsageJson? Of(ChatUsage? usage) => usage is null
        ? null
        : new(usage.InputTokens, usage.OutputTokens, usage.TotalTokens, usage.CachedInputTokens, usage.CacheWriteTokens, usage.ReasoningTokens);
}
