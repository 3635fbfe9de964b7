using System.Text.Json;

namespace Granary.Http.Proxy;

/// <summary>Counts which of several choices of a stream of OpenAI's chats have ended. Only the first is stored, but the client waits for all.</summary>
/// <param name="choices">How many were asked for.</param>
internal sealed class ChoiceStops(int choices)
{
    private readonly HashSet<int> _stopped = [];

    public bool All => _stopped.Count >= choices;

    /// <summary>Reads a whole event; what is no chunk is no stop.</summary>
    public void Read(ReadOnlySpan<byte> frame)
    {
        foreach (var range in frame.Split((byte)'\n'))
        {
            var line = frame[range];
            if (!line.StartsWith("data:"u8) || line.IndexOf("\"finish_reason\""u8) < 0)
            {
                continue;
            }

            try
            {
                var json = new Utf8JsonReader(line["data:"u8.Length..]);
                using var chunk = JsonDocument.ParseValue(ref json);
                Read(chunk.RootElement);
            }
            catch (JsonException)
            {
                // Who reads the answer says what is wrong with it.
            }
        }
    }

    private void Read(JsonElement chunk)
    {
        if (chunk.ValueKind != JsonValueKind.Object || !chunk.TryGetProperty("choices", out var list) || list.ValueKind != JsonValueKind.Array)
        {
            return;
        }

        foreach (var choice in list.EnumerateArray())
        {
            if (choice.ValueKind == JsonValueKind.Object
                && choice.TryGetProperty("finish_reason", out var reason) && reason.ValueKind == JsonValueKind.String
                && choice.TryGetProperty("index", out var index) && index.ValueKind == JsonValueKind.Number && index.TryGetInt32(out var number)
                && number >= 0 && number < choices)
            {
                _stopped.Add(number);
            }
        }
    }
}
