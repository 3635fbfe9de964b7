using System.Text.Json;
using System.Text.Json.Serialization;

namespace Granary.Serialization;

/// <summary>
/// Reads a time in ISO 8601; one without an offset is UTC. (The framework would take it for the time of the server's zone, so that the same
/// request meant different things on different machines.)
/// </summary>
public sealed class UtcTimeConverter : JsonConverter<DateTimeOffset>
{
    /// <inheritdoc/>
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.String || !reader.TryGetDateTimeOffset(out var time))
        {
            throw new JsonException();
        }

        var text = reader.GetString()!;
        var clock = text.IndexOf('T', StringComparison.Ordinal);
        var hasOffset = clock >= 0 && text.AsSpan(clock).IndexOfAny("Z+-") >= 0;
        return hasOffset ? time : new DateTimeOffset(time.DateTime, TimeSpan.Zero);
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStringValue(value);
    }
}
