using System.Text.Json.Nodes;
using Granary.Llm.Rendering.Json;
using Granary.Llm.Rendering.Media;

namespace Granary.Llm.Rendering.Dialects;

/// <summary>Reads content that is a text or a list of parts.</summary>
internal static class ContentParts
{
    /// <summary>The text; empty if there is none.</summary>
    /// <param name="parent">The object with the field.</param>
    /// <param name="name">The field.</param>
    /// <param name="between">What separates the texts of parts.</param>
    /// <param name="read">Gives the text of a part, or null if it has none.</param>
    public static string Read(JsonObject parent, string name, string between, Func<JsonObject, string?> read)
    {
        var content = parent.Get(name);
        if (content is null)
            return "";
        if (JsonFields.AsText(content) is { } text)
            return text;

        var list = content as JsonArray ?? throw parent.Refusal(name, "must be a string or a list of parts");
        return string.Join(between, list.Objects().Select(read).Where(part => !string.IsNullOrEmpty(part)));
    }

    /// <summary>A medium by its address.</summary>
    public static MediaReference Media(MediaKind kind, JsonObject parent, string name, string? description = null)
    {
        var url = parent.RequiredName(name);
        if (url.Any(c => char.IsWhiteSpace(c) || char.IsControl(c)))
            throw parent.Refusal(name, "must be an address or a data: address, without spaces");

        return new(kind, url, DataUrl.TryRead(url, null, out var data) ? data.MimeType : null, description);
    }

    /// <summary>A medium by its content in base64.</summary>
    public static MediaReference Data(MediaKind kind, JsonObject parent, string name, string mimeType)
    {
        var data = parent.RequiredName(name);
        if (!DataUrl.IsBase64(data))
            throw parent.Refusal(name, "must be base64");

        return new(kind, new DataUrl(mimeType, data).ToString(), mimeType);
    }

    /// <summary>A sound in OpenAI's form, or Mistral's, which is the content alone.</summary>
    public static MediaReference Audio(JsonObject part)
    {
        if (part.Get("input_audio") is not JsonObject audio)
            return Data(MediaKind.Audio, part, "input_audio", "audio/mpeg");

        return Data(MediaKind.Audio, audio, "data", audio.RequiredText("format") switch
        {
            "wav" => "audio/wav",
            "mp3" => "audio/mpeg",
            _ => throw audio.Refusal("format", "must be wav or mp3"),
        });
    }
}
