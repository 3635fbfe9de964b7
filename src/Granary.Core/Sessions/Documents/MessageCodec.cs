using System.Text.Json;
using Granary.Core.Transcripts;

namespace Granary.Core.Sessions.Documents;

/// <summary>A message within an <see cref="AppendDocument"/>: letters for names, nothing for what is absent or follows from elsewhere.</summary>
internal static class MessageCodec
{
    public static void Write(Utf8JsonWriter writer, in TranscriptEntry entry, long storedAt)
    {
        var message = entry.Message;
        writer.WriteStartObject();
        writer.WriteNumber("r"u8, (int)message.Role);
        writer.WriteNumber("k"u8, entry.Tokens);
        if (message.Id is { } id && id != AppendDocument.GeneratedId(message.Sequence))
        {
            writer.WriteString("i"u8, id);
        }

        if (message.Content.Length > 0)
        {
            writer.WriteString("c"u8, message.Content);
        }

        if (message.Timestamp is { } timestamp && (timestamp.Offset != TimeSpan.Zero || timestamp != DateTimeOffset.FromUnixTimeMilliseconds(storedAt)))
        {
            writer.WriteString("t"u8, timestamp);
        }

        WriteText(writer, "n"u8, message.Name);
        WriteText(writer, "s"u8, message.Reasoning);
        WriteText(writer, "a"u8, message.ToolCallId);
        WriteText(writer, "e"u8, message.ToolError);
        if (message.Metadata is { } metadata)
        {
            writer.WritePropertyName("d"u8);
            metadata.WriteTo(writer);
        }

        if (message.Media is { Count: > 0 } media)
        {
            writer.WriteStartArray("p"u8);
            foreach (var reference in media)
            {
                writer.WriteStartObject();
                writer.WriteNumber("y"u8, (int)reference.Type);
                writer.WriteString("u"u8, reference.Url);
                WriteText(writer, "m"u8, reference.MimeType);
                WriteText(writer, "d"u8, reference.Description);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        if (message.ToolCalls is { Count: > 0 } calls)
        {
            writer.WriteStartArray("l"u8);
            foreach (var call in calls)
            {
                writer.WriteStartObject();
                writer.WriteString("i"u8, call.Id);
                writer.WriteString("n"u8, call.Name);
                writer.WritePropertyName("g"u8);
                call.Arguments.WriteTo(writer);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        if (message.Redacted)
        {
            writer.WriteBoolean("x"u8, true);
        }

        if (message.Partial)
        {
            writer.WriteBoolean("b"u8, true);
        }

        writer.WriteEndObject();
    }

    /// <summary>Reads a message; the reader stands on the start of its object.</summary>
    public static TranscriptEntry Read(ref Utf8JsonReader reader)
    {
        string? id = null, content = null, name = null, reasoning = null, toolCallId = null, toolError = null;
        var role = MessageRole.User;
        var tokens = 0;
        DateTimeOffset? timestamp = null;
        JsonElement? metadata = null;
        List<MediaReference>? media = null;
        List<ToolCall>? calls = null;
        var redacted = false;
        var partial = false;
        while (DocumentJson.NextProperty(ref reader, out var property))
        {
            switch (property)
            {
                case 'r': role = (MessageRole)reader.GetInt32(); break;
                case 'k': tokens = reader.GetInt32(); break;
                case 'i': id = reader.GetString(); break;
                case 'c': content = reader.GetString(); break;
                case 't': timestamp = reader.GetDateTimeOffset(); break;
                case 'n': name = reader.GetString(); break;
                case 's': reasoning = reader.GetString(); break;
                case 'a': toolCallId = reader.GetString(); break;
                case 'e': toolError = reader.GetString(); break;
                case 'd': metadata = JsonElement.ParseValue(ref reader); break;
                case 'p': media = ReadMedia(ref reader); break;
                case 'l': calls = ReadCalls(ref reader); break;
                case 'x': redacted = reader.GetBoolean(); break;
                case 'b': partial = reader.GetBoolean(); break;
                default: reader.Skip(); break;
            }
        }

        var message = new Message
        {
            Id = id,
            Role = role,
            Content = content,
            Timestamp = timestamp,
            Name = name,
            Reasoning = reasoning,
            ToolCallId = toolCallId,
            ToolError = toolError,
            Metadata = metadata,
            Media = media,
            ToolCalls = calls,
            Redacted = redacted,
            Partial = partial,
        };
        return new TranscriptEntry(message, tokens, 0);
    }

    private static List<MediaReference> ReadMedia(ref Utf8JsonReader reader)
    {
        var media = new List<MediaReference>(1);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var type = MediaKind.File;
            string? url = null, mimeType = null, description = null;
            while (DocumentJson.NextProperty(ref reader, out var property))
            {
                switch (property)
                {
                    case 'y': type = (MediaKind)reader.GetInt32(); break;
                    case 'u': url = reader.GetString(); break;
                    case 'm': mimeType = reader.GetString(); break;
                    case 'd': description = reader.GetString(); break;
                    default: reader.Skip(); break;
                }
            }

            media.Add(new MediaReference(type, url ?? "", mimeType, description));
        }

        return media;
    }

    private static List<ToolCall> ReadCalls(ref Utf8JsonReader reader)
    {
        var calls = new List<ToolCall>(1);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            string? id = null, name = null;
            JsonElement arguments = default;
            while (DocumentJson.NextProperty(ref reader, out var property))
            {
                switch (property)
                {
                    case 'i': id = reader.GetString(); break;
                    case 'n': name = reader.GetString(); break;
                    case 'g': arguments = JsonElement.ParseValue(ref reader); break;
                    default: reader.Skip(); break;
                }
            }

            calls.Add(new ToolCall(id ?? "", name ?? "", arguments));
        }

        return calls;
    }

    private static void WriteText(Utf8JsonWriter writer, ReadOnlySpan<byte> name, string? value)
    {
        if (value is not null)
        {
            writer.WriteString(name, value);
        }
    }
}
