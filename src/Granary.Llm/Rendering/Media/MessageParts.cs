using System.Text;
using System.Text.Json.Nodes;

namespace Granary.Llm.Rendering.Media;

/// <summary>A message's text and media, as far as a dialect has a form for media; what it has none for is a line of the text.</summary>
/// <param name="Text">The text; blank where there are only parts.</param>
/// <param name="Parts">The media.</param>
internal readonly record struct MessageParts(string Text, IReadOnlyList<JsonObject> Parts)
{
    /// <summary>Splits a message.</summary>
    /// <param name="message">The message.</param>
    /// <param name="render">The dialect's form of a medium, or null; no function: it has none at all.</param>
    public static MessageParts Of(ModelMessage message, Func<MediaReference, JsonObject?>? render = null)
    {
        if (message.Media is not { Count: > 0 } media)
            return new(message.Content, []);

        var parts = new List<JsonObject>();
        var text = new StringBuilder(message.Content);
        foreach (var item in media)
        {
            if (render?.Invoke(item) is { } part)
            {
                parts.Add(part);
                continue;
            }

            if (text.Length > 0)
            {
                text.Append('\n');
            }

            text.Append(Line(item));
        }

        return new(text.ToString(), parts);
    }

    /// <summary>Text first, then the media, in a dialect whose text parts look as given; the bare text where there is nothing else.</summary>
    public JsonNode Content(Func<string, JsonObject> text)
    {
        if (Parts.Count == 0)
            return Text;

        return List(text);
    }

    /// <summary>The same, always as a list.</summary>
    public JsonArray List(Func<string, JsonObject> text)
    {
        var list = new JsonArray();
        if (!string.IsNullOrWhiteSpace(Text))
        {
            list.Add((JsonNode)text(Text));
        }

        foreach (var part in Parts)
        {
            list.Add((JsonNode)part);
        }

        return list;
    }

    /// <summary>What a model is told of media that it cannot get.</summary>
    private static string Line(MediaReference media)
    {
        var kind = media.Type.ToString().ToLowerInvariant();
        if (!DataUrl.Is(media.Url))
            return media.Description is { } description ? $"[{kind}: {description} ({media.Url})]" : $"[{kind}: {media.Url}]";
        if (media.Description is { } shown)
            return $"[{kind}: {shown}]";

        return DataUrl.TryRead(media.Url, media.MimeType, out var data) ? $"[{kind}: {data.MimeType}, {data.Length} bytes]" : $"[{kind}]";
    }
}
