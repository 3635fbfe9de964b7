using FsCheck;
using FsCheck.Fluent;

namespace Granary.Llm.Tests.Rendering;

/// <summary>Any conversation, read from numbers: what fails shrinks to a short list of them.</summary>
internal static class ConversationCodes
{
    private static readonly string[] Texts =
    [
        "Hello.", "", "  \n", "Grüße aus Zürich \U0001F600", "{\"a\":1}", "[1,2]", "{\"result\":\"x\"}", "{\"error\":\"x\"}", "Error: no", "ends in a space ", "\"quoted\"",
        "{\"a\":1,\"a\":2}", "{broken", "<tag> & \"more\" \\ \u2028",
    ];

    private static readonly string[] Ids = ["call_1", "0", "", "a.b/c", "call_2", "abcDEF123", new('x', 90)];

    private static readonly string[] Names = ["now", "get_weather", "server.tool/do it", "", new('n', 80)];

    private static readonly string[] Arguments = ["{}", "{\"city\":\"Zürich\",\"days\":[1,2]}", "\"not json\"", "\"\"", "[1]", "null", "7", "\"{\\\"a\\\":1}\""];

    private static readonly MediaReference[] Media =
    [
        new(MediaKind.Image, $"data:image/png;base64,{Samples.Png}"), new(MediaKind.Image, "https://example.org/a.png", null, "A tree"),
        new(MediaKind.Image, "data:image/svg+xml,%3Csvg/%3E"), new(MediaKind.Image, "data:image/png;base64,not!"), new(MediaKind.Image, "ftp://example.org/a"),
        new(MediaKind.Audio, "data:audio/wav;base64,UklGRg=="), new(MediaKind.Audio, "https://example.org/a.mp3"), new(MediaKind.File, "data:application/pdf;base64,JVBERi0="),
        new(MediaKind.File, "https://example.org/a.pdf"), new(MediaKind.File, "data:,plain%20text"), new(MediaKind.Video, "https://example.org/a.mp4"), new(MediaKind.Image, "data:"),
    ];

    /// <summary>Lists of numbers.</summary>
    public static Arbitrary<int[]> Any { get; } = Arb.From(Gen.Choose(0, 9_999_999).ArrayOf(), ArbMap.Default.ArbFor<int[]>().Shrinker);

    /// <summary>The conversation of a list: every role, texts and calls of every kind, results late, missing, twice or of no call.</summary>
    public static ModelMessage[] Read(int[] codes, bool media = true) => [.. codes.Select(code => Message(Math.Abs(code), media))];

    private static ModelMessage Message(int code, bool media)
    {
        var rest = code / 10;
        var text = Texts[rest % Texts.Length];
        var attached = media && rest % 5 == 0 ? new[] { Media[rest / 5 % Media.Length], Media[rest / 60 % Media.Length] } : null;
        return (code % 10) switch
        {
            0 => new() { Role = MessageRole.System, Content = text, Media = attached },
            1 or 2 or 3 => new() { Role = MessageRole.User, Content = text, Media = attached, Name = rest % 7 == 0 ? "Anna B." : null },
            4 => new() { Role = MessageRole.Assistant, Content = text, Media = attached },
            5 or 6 => new() { Role = MessageRole.Assistant, Content = text, ToolCalls = [.. Enumerable.Range(0, 1 + (rest % 3)).Select(index => Call((rest / 3) + (index * 11)))] },
            _ => new()
            {
                Role = MessageRole.Tool,
                Content = text,
                Media = attached,
                ToolCallId = rest % 11 == 0 ? null : Ids[rest / 3 % Ids.Length],
                Name = rest % 4 == 0 ? Names[rest / 4 % Names.Length] : null,
                ToolError = rest % 6 == 0 ? "it failed" : null,
            },
        };
    }

    private static ToolCall Call(int code) => new(Ids[code % Ids.Length], Names[code / 7 % Names.Length], Samples.Json(Arguments[code / 35 % Arguments.Length]));
}
