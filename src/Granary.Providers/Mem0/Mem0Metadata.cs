using System.Buffers;
using System.Text.Json;

namespace Granary.Providers.Mem0;

/// <summary>
/// Metadata as they are kept with the service: the caller's own, and a member <see cref="Mark"/> with what the service has no place for, or may lose.
/// </summary>
/// <param name="User">Whose the memory is, as the service knows him.</param>
/// <param name="Agent">The agent.</param>
/// <param name="Key">What tells this addition from any other.</param>
internal sealed record Mem0Metadata(string User, string Agent, string Key)
{
    /// <summary>The member.</summary>
    public const string Mark = "granary";

    // What a caller has under the same name moves into the mark.
    private const string Own = "own";
    private const string Bare = "bare";

    /// <summary>Writes the metadata of a memory.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="own">The caller's own, or null.</param>
    public void Write(Utf8JsonWriter writer, JsonElement? own)
    {
        writer.WriteStartObject();
        JsonElement? moved = null;
        if (own is { } given)
        {
            foreach (var member in given.EnumerateObject())
            {
                if (member.NameEquals(Mark))
                {
                    moved = member.Value;
                }
                else
                {
                    WriteMember(writer, member.Name, member.Value);
                }
            }
        }

        writer.WriteStartObject(Mark);
        writer.WriteString("user", User);
        writer.WriteString("agent", Agent);
        writer.WriteString("key", Key);
        if (own is null)
        {
            writer.WriteBoolean(Bare, true);
        }

        if (moved is { } value)
        {
            WriteMember(writer, Own, value);
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    /// <summary>Reads the metadata of a memory; the mark is null where others kept it.</summary>
    public static (JsonElement? Own, Mem0Metadata? Mark) Read(JsonElement item)
    {
        if (!item.TryGetProperty("metadata", out var metadata) || metadata.ValueKind != JsonValueKind.Object)
        {
            return (null, null);
        }

        if (!metadata.TryGetProperty(Mark, out var mark)
            || Mem0Answer.Text(mark, "user") is not { } user || Mem0Answer.Text(mark, "agent") is not { } agent || Mem0Answer.Text(mark, "key") is not { } key)
        {
            return (metadata.Clone(), null);
        }

        if (mark.TryGetProperty(Bare, out _))
        {
            return (null, new Mem0Metadata(user, agent, key));
        }

        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            foreach (var member in metadata.EnumerateObject())
            {
                if (!member.NameEquals(Mark))
                {
                    WriteMember(writer, member.Name, member.Value);
                }
                else if (mark.TryGetProperty(Own, out var moved))
                {
                    WriteMember(writer, Mark, moved);
                }
            }

            writer.WriteEndObject();
        }

        return (JsonElement.Parse(buffer.WrittenSpan), new Mem0Metadata(user, agent, key));
    }

    // Raw: numbers stay as they are written.
    private static void WriteMember(Utf8JsonWriter writer, string name, JsonElement value)
    {
        writer.WritePropertyName(name);
        writer.WriteRawValue(value.GetRawText(), skipInputValidation: true);
    }
}
