using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Granary.Faults;

/// <summary>
/// Makes up what is said. Every message is unlike every other: it begins with <c>#APPEND.INDEX</c> (a message without text has it in the id of
/// its first tool call), by which it is found again whatever happened to it.
/// </summary>
internal static partial class Conversation
{
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly DateTimeOffset Said = new(2024, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private static readonly string[] Words =
    [
        "the", "invoice", "for", "March", "of", "1,234.50", "EUR", "was", "sent", "to", "Größe", "naïve", "会議は三月四日", "🙂🚀", "Привет",
        "a\nnew\tline", "\"quoted\"", "back\\slash", "</script>", "{\"json\":true}", "meeting", "Anna", "moved", "from", "Lisbon", "please", "remember",
        "that", "decided", "42",
    ];

    /// <summary>The body of <c>POST /memory/store</c>.</summary>
    public static byte[] Turn(Random random, Session session, long append) => Bytes(new JsonObject
    {
        ["user_id"] = session.User,
        ["session_id"] = session.Id,
        ["user_message"] = Text(random, append, 0),
        ["agent_message"] = Text(random, append, 1),
    });

    /// <summary>The body of <c>POST /sessions/start</c>.</summary>
    public static byte[] Start(Random random, Session session, long append) => Bytes(new JsonObject
    {
        ["user_id"] = session.User,
        ["session_id"] = session.Id,
        ["system_prompt"] = Text(random, append, 0),
    });

    /// <summary>The body of <c>POST /sessions/{session_id}/messages</c>: one message, a whole turn with tools, or several turns.</summary>
    /// <param name="random">Decides.</param>
    /// <param name="append">The append's number.</param>
    /// <param name="ids">Whether the messages have ids of their own.</param>
    public static byte[] Messages(Random random, long append, bool ids)
    {
        var messages = new List<JsonObject>();
        for (var turns = random.Next(4) == 0 ? random.Next(2, 8) : 1; turns > 0; turns--)
        {
            AddTurn(random, append, messages);
        }

        for (var i = 0; ids && i < messages.Count; i++)
        {
            messages[i]["id"] = $"m-{append}-{i}";
        }

        return Bytes(new JsonObject { ["messages"] = new JsonArray([.. messages]) });
    }

    /// <summary>Which append a stored message belongs to, and which of its messages it is; null if it is none of ours.</summary>
    public static (long Append, int Index)? Identify(JsonElement message)
    {
        var text = message.GetProperty("content").GetString() is { Length: > 0 } content ? content
            : message.TryGetProperty("tool_calls", out var calls) && calls.GetArrayLength() > 0 ? calls[0].GetProperty("id").GetString()!
            : "";
        var mark = Mark().Match(text);
        return mark.Success ? (long.Parse(mark.Groups[1].ValueSpan), int.Parse(mark.Groups[2].ValueSpan)) : null;
    }

    private static void AddTurn(Random random, long append, List<JsonObject> messages)
    {
        var user = Message("user", Text(random, append, messages.Count));
        if (random.Next(3) == 0)
        {
            user["timestamp"] = Said.AddMilliseconds(random.NextInt64(10_000_000_000)).ToString("yyyy-MM-ddTHH:mm:ss.fffzzz");
            user["metadata"] = new JsonObject { ["n"] = 1.5, ["tags"] = new JsonArray("a", null, true, new JsonObject { ["ü"] = append }) };
            user["name"] = "Anna";
        }

        if (random.Next(8) == 0)
        {
            user["media"] = new JsonArray(new JsonObject { ["type"] = "image", ["url"] = $"https://example.org/{append}.png", ["description"] = "a chart" });
        }

        messages.Add(user);
        if (random.Next(3) == 0)
        {
            AddToolCalls(random, append, messages);
        }

        if (random.Next(6) != 0)
        {
            var answer = Message("assistant", Text(random, append, messages.Count));
            if (random.Next(4) == 0)
            {
                answer["reasoning"] = "because " + Text(random, append, messages.Count);
            }

            messages.Add(answer);
        }
    }

    private static void AddToolCalls(Random random, long append, List<JsonObject> messages)
    {
        var index = messages.Count;
        var calls = Enumerable.Range(0, random.Next(1, 3)).Select(i => $"#{append}.{index}-{i}").ToArray();
        var calling = Message("assistant", random.Next(2) == 0 ? "" : Text(random, append, index));
        calling["tool_calls"] = new JsonArray([.. calls.Select(id => new JsonObject
        {
            ["id"] = id,
            ["name"] = "look_up",
            ["arguments"] = new JsonObject { ["query"] = "weather in \"Lisbon\"", ["limit"] = 3 },
        })]);
        messages.Add(calling);
        foreach (var call in calls)
        {
            var result = Message("tool", Text(random, append, messages.Count));
            result["tool_call_id"] = call;
            if (random.Next(5) == 0)
            {
                result["tool_error"] = "timed out";
            }

            messages.Add(result);
        }
    }

    private static JsonObject Message(string role, string content) => new() { ["role"] = role, ["content"] = content };

    private static string Text(Random random, long append, int index)
    {
        var text = new StringBuilder($"#{append}.{index}");

        // Mostly a sentence or two; now and then some pages, which take more than one page of the database.
        var words = random.Next(60) switch
        {
            0 => random.Next(1_000, 8_000),
            < 10 => random.Next(100, 400),
            _ => random.Next(1, 40),
        };
        for (; words > 0; words--)
        {
            text.Append(' ').Append(Words[random.Next(Words.Length)]);
        }

        return text.ToString();
    }

    private static byte[] Bytes(JsonObject body) => JsonSerializer.SerializeToUtf8Bytes(body, Plain);

    [GeneratedRegex(@"^#(\d+)\.(\d+)\b", RegexOptions.CultureInvariant)]
    private static partial Regex Mark();
}
