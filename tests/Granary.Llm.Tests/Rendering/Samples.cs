using System.Text.Json;
using Granary.Llm.Rendering;

namespace Granary.Llm.Tests.Rendering;

/// <summary>Requests and answers that the tests render.</summary>
internal static class Samples
{
    /// <summary>A picture of one pixel.</summary>
    public const string Png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

    public static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    public static TheoryData<ChatDialect> Dialects => [.. Enum.GetValues<ChatDialect>()];

    public static IChatRenderer Renderer(ChatDialect dialect) => ChatRenderers.For(dialect, new StoppedClock());

    /// <summary>The model that a dialect's samples ask.</summary>
    public static string Model(ChatDialect dialect) => dialect switch
    {
        ChatDialect.Anthropic => "claude-sonnet-4-5",
        ChatDialect.Gemini => "gemini-2.5-flash",
        ChatDialect.Mistral => "mistral-large-latest",
        ChatDialect.Ollama => "qwen3",
        _ => "gpt-4o",
    };

    public static JsonElement Json(string text)
    {
        using var document = JsonDocument.Parse(text);
        return document.RootElement.Clone();
    }

    public static ModelMessage System(string text) => new() { Role = MessageRole.System, Content = text };

    public static ModelMessage User(string text, params MediaReference[] media) =>
        new() { Role = MessageRole.User, Content = text, Media = media.Length == 0 ? null : media };

    public static ModelMessage Assistant(string text, params ToolCall[] calls) =>
        new() { Role = MessageRole.Assistant, Content = text, ToolCalls = calls.Length == 0 ? null : calls };

    public static ToolCall Call(string id, string name, string arguments) => new(id, name, Json(arguments));

    public static ModelMessage Result(string id, string text, string? error = null, string? name = null) =>
        new() { Role = MessageRole.Tool, Content = text, ToolCallId = id, ToolError = error, Name = name };

    public static ChatRequest Request(ChatDialect dialect, params ModelMessage[] messages) => new() { Model = Model(dialect), Messages = messages };

    public static ToolDefinition Weather { get; } = new("get_weather", "The weather of a city.", Json("""
        {"type":"object","properties":{"city":{"type":"string","description":"Its name"},"days":{"type":["integer","null"],"minimum":1},
        "unit":{"enum":["c","f"]}},"required":["city"],"additionalProperties":false}
        """));

    public static ToolDefinition Clock { get; } = new("now", "The time.", Json("""{"type":"object","properties":{}}"""));

    /// <summary>Everything at once: media of all kinds, two calls answered out of order, one of them failed, all settings.</summary>
    public static ChatRequest Rich(ChatDialect dialect) => new()
    {
        Model = Model(dialect),
        Messages =
        [
            System("You are a travel agent."),
            System("Answer briefly."),
            User(
                "What is this, and how is the weather in Lyon and Zürich?",
                new MediaReference(MediaKind.Image, $"data:image/png;base64,{Png}"),
                new MediaReference(MediaKind.Image, "https://example.org/lyon.jpg", "image/jpeg", "The bridge"),
                new MediaReference(MediaKind.Audio, "data:audio/wav;base64,UklGRg=="),
                new MediaReference(MediaKind.File, "data:application/pdf;base64,JVBERi0=", null, "trip.pdf"),
                new MediaReference(MediaKind.Video, "https://example.org/walk.mp4")) with { Name = "anna" },
            Assistant("I will look.", Call("call_1", "get_weather", """{"city":"Lyon"}"""), Call("call_2", "get_weather", """{"city":"Zürich","days":2}""")),
            Result("call_2", "", "the service is down"),
            Result("call_1", """{"sky":"clear","degrees":21}"""),
            Assistant("Lyon: clear, 21 degrees. Zürich: I could not find out."),
            User("Thanks. What time is it?"),
            Assistant("", Call("call_3", "now", "{}")),
            Result("call_3", "noon"),
        ],
        Tools = [Weather, Clock],
        ToolChoice = new(ToolChoiceKind.Auto, null, AllowParallel: true),
        Temperature = 0.3,
        MaxTokens = 500,
        Stop = ["END"],
        Stream = true,
    };

    /// <summary>What should never be, and is.</summary>
    public static ChatRequest Broken(ChatDialect dialect) => Request(
        dialect,
        Assistant("Hello, I am here."),
        User("Do this."),
        User("And that."),
        System("Rules of the house."),
        Assistant("", Call("0", "a.b c", "\"not json\""), Call("0", "now", "{}")),
        User("Never mind."),
        Result("0", "late"),
        Result("lost", "whose?"),
        Result("lost", "whose?"),
        User("  "),
        Assistant(""),
        Assistant("One."),
        Assistant("Two.", Call("0", "now", "[1]")),
        Result("0", "[1,2]"),
        Result("0", "again"),
        Assistant("Done. "));

    public static ChatResponse Answer { get; } = new()
    {
        Id = "resp_1",
        Model = "some-model",
        Content = "I will look.",
        Reasoning = "They ask for the weather.",
        ToolCalls = [Call("call_1", "get_weather", """{"city":"Zürich"}"""), Call("call_2", "now", "\"not json\"")],
        Finish = ChatFinish.ToolCalls,
        Usage = new(100, 20, 60, 0, 8),
    };

    private sealed class StoppedClock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => Noon;
    }
}
