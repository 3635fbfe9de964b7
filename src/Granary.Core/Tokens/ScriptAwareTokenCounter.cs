using System.Runtime.InteropServices;
using System.Text.Json;

namespace Granary.Core.Tokens;

/// <summary>
/// Estimates tokens by script, without any model's vocabulary: words, numbers and punctuation of Latin text, code, and a cost per
/// character for other scripts. Within about a tenth of cl100k_base for English, within about a third for other languages; learns each
/// model's own ratio from <see cref="Observe"/>. One pass over the text, no allocation.
/// </summary>
public sealed class ScriptAwareTokenCounter : ITokenCounter
{
    /// <summary>What a message costs beside its texts: its role and what separates it from the next.</summary>
    public const int TokensPerMessage = 4;

    /// <summary>What a tool call costs beside its name and arguments: its id and the frame.</summary>
    public const int TokensPerToolCall = 8;

    /// <summary>An image: 1024 x 1024 pixels in full detail (OpenAI: 85 + 4 x 170).</summary>
    public const int TokensPerImage = 765;

    /// <summary>A sound: 20 seconds at 32 tokens each (Gemini).</summary>
    public const int TokensPerAudio = 640;

    /// <summary>A film: 10 seconds at 263 tokens each (Gemini).</summary>
    public const int TokensPerVideo = 2_630;

    /// <summary>Another file: about two pages.</summary>
    public const int TokensPerFile = 1_000;

    private readonly ModelCalibration calibration = new();

    /// <inheritdoc/>
    public int Count(string text, string? model)
    {
        ArgumentNullException.ThrowIfNull(text);
        return calibration.Apply(TokenEstimate.Of(text), model);
    }

    /// <summary>
    /// Tokens of a message in a prompt: content, name, tool calls with their arguments, tool error, media by a flat cost for each kind
    /// and its description, and what its role costs. Reasoning and metadata are not sent and do not count.
    /// </summary>
    public int Count(Message message, string? model)
    {
        ArgumentNullException.ThrowIfNull(message);
        var tokens = (long)TokensPerMessage + TokenEstimate.Of(message.Content) + TokenEstimate.Of(message.Name) + TokenEstimate.Of(message.ToolError);
        if (message.ToolCallId is not null)
        {
            tokens += TokensPerToolCall;
        }

        if (message.ToolCalls is { } calls)
        {
            for (var call = 0; call < calls.Count; call++)
            {
                tokens += TokensPerToolCall + TokenEstimate.Of(calls[call].Name) + Count(calls[call].Arguments);
            }
        }

        if (message.Media is { } media)
        {
            for (var item = 0; item < media.Count; item++)
            {
                tokens += Count(media[item].Type) + TokenEstimate.Of(media[item].Description);
            }
        }

        return calibration.Apply((int)Math.Min(tokens, int.MaxValue), model);
    }

    /// <inheritdoc/>
    public void Observe(string model, int counted, int reported)
    {
        ArgumentNullException.ThrowIfNull(model);
        calibration.Observe(model, counted, reported);
    }

    private static int Count(JsonElement arguments) =>
        arguments.ValueKind == JsonValueKind.Undefined ? 0 : TokenEstimate.Of(JsonMarshal.GetRawUtf8Value(arguments));

    private static int Count(MediaKind kind) => kind switch
    {
        MediaKind.Image => TokensPerImage,
        MediaKind.Audio => TokensPerAudio,
        MediaKind.Video => TokensPerVideo,
        _ => TokensPerFile,
    };
}
