using System.Runtime.InteropServices;
using System.Text.Json;

namespace Granary.Core.Messages;

/// <summary>The size of a message's texts in UTF-8, which <see cref="MessageLimits"/> bounds.</summary>
internal static class MessageSize
{
    /// <summary>A bound that costs no look at the texts: never less than <see cref="Bytes(Message)"/>.</summary>
    public static long UpperBound(Message message)
    {
        var chars = (long)message.Content.Length + Length(message.Id) + Length(message.Name) + Length(message.Reasoning)
            + Length(message.ToolCallId) + Length(message.ToolError);
        long json = message.Metadata is { } metadata ? Bytes(metadata) : 0;
        if (message.Media is { } media)
        {
            for (var i = 0; i < media.Count; i++)
                chars += (long)Length(media[i].Url) + Length(media[i].MimeType) + Length(media[i].Description);
        }

        if (message.ToolCalls is { } calls)
        {
            for (var i = 0; i < calls.Count; i++)
            {
                chars += (long)Length(calls[i].Id) + Length(calls[i].Name);
                json += Bytes(calls[i].Arguments);
            }
        }

        return (chars * TextRules.MaxBytesPerChar) + json;
    }

    /// <summary>The bytes of all the message's texts, its metadata and its tool calls' arguments.</summary>
    public static long Bytes(Message message)
    {
        var bytes = (long)TextRules.Bytes(message.Content) + TextRules.Bytes(message.Id) + TextRules.Bytes(message.Name)
            + TextRules.Bytes(message.Reasoning) + TextRules.Bytes(message.ToolCallId) + TextRules.Bytes(message.ToolError);
        if (message.Metadata is { } metadata)
            bytes += Bytes(metadata);
        if (message.Media is { } media)
        {
            for (var i = 0; i < media.Count; i++)
                bytes += (long)TextRules.Bytes(media[i].Url) + TextRules.Bytes(media[i].MimeType) + TextRules.Bytes(media[i].Description);
        }

        if (message.ToolCalls is { } calls)
        {
            for (var i = 0; i < calls.Count; i++)
                bytes += (long)TextRules.Bytes(calls[i].Id) + TextRules.Bytes(calls[i].Name) + Bytes(calls[i].Arguments);
        }

        return bytes;
    }

    /// <summary>The bytes of a JSON value as it came.</summary>
    public static int Bytes(JsonElement json) => json.ValueKind == JsonValueKind.Undefined ? 0 : JsonMarshal.GetRawUtf8Value(json).Length;

    private static int Length(string? text) => text?.Length ?? 0;
}
