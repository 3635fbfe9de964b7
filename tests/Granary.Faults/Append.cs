using System.Text.Json;

namespace Granary.Faults;

/// <summary>What became of an append.</summary>
internal enum Outcome
{
    /// <summary>There was no answer: it is stored as a whole, or not at all.</summary>
    Unknown,

    /// <summary>It was answered with its sequences: it is there, once, for good.</summary>
    Acknowledged,

    /// <summary>There was no answer, and after the restart it was there: it stays.</summary>
    Found,

    /// <summary>There was no answer, and after the restart it was not there: it never comes.</summary>
    Absent,

    /// <summary>It was refused: it never comes.</summary>
    Refused,
}

/// <summary>Which request carries an append.</summary>
internal enum Carrier
{
    Store,
    Messages,
    Start,
}

/// <summary>A request that stores messages: exactly what was sent, and what was answered.</summary>
internal sealed class Append(Session session, long number, Carrier carrier, byte[] body, string? key, bool hasIds)
{
    public Session Session => session;

    /// <summary>Its number in this run; every message of it begins with it (see <see cref="Conversation"/>).</summary>
    public long Number => number;

    public string Path { get; } = carrier switch
    {
        Carrier.Store => "/memory/store",
        Carrier.Start => "/sessions/start",
        _ => $"/sessions/{session.Id}/messages",
    };

    public byte[] Body => body;

    public string? Key => key;

    public bool IsStart => carrier == Carrier.Start;

    /// <summary>Whether it can be sent again without being stored again: by its key, by its messages' ids, or because a start restores.</summary>
    public bool Repeatable => key is not null || hasIds || carrier == Carrier.Start;

    /// <summary>When it was first sent, in ticks of the stopwatch.</summary>
    public long Sent { get; set; }

    /// <summary>When it was first acknowledged, in ticks of the stopwatch; the greatest number if it was not.</summary>
    public long Answered { get; private set; } = long.MaxValue;

    public Outcome Outcome { get; set; }

    /// <summary>The sequence of its first message where it is acknowledged or found.</summary>
    public long First { get; set; }

    /// <summary>The ids that the answer gave; null if it gave none.</summary>
    public string[]? Ids { get; private set; }

    /// <summary>Whether the answer came from the very request that stored it, not from a repeat: only that one waits for the user's list.</summary>
    public bool AnsweredFirst { get; private set; }

    /// <summary>Whether it was stored without an answer.</summary>
    public bool WasFound { get; set; }

    /// <summary>Takes an acknowledgement.</summary>
    /// <returns>What is wrong with it; null if nothing is.</returns>
    public string? Accept(Answer answer)
    {
        var first = carrier == Carrier.Start ? 1 : answer.Body.GetProperty("first_sequence").GetInt64();
        var last = carrier == Carrier.Start ? 1 : answer.Body.GetProperty("last_sequence").GetInt64();
        string[]? ids = carrier == Carrier.Start ? null
            : [.. answer.Body.GetProperty("messages").EnumerateArray().Select(message => message.GetProperty("id").GetString()!)];
        var repeated = answer.Replayed || (carrier == Carrier.Start && answer.Body.GetProperty("restored").GetBoolean());
        if (Outcome is Outcome.Acknowledged or Outcome.Found && First != first)
        {
            return $"append {number} is at {First}, and was answered again with {first}";
        }

        if (Outcome == Outcome.Refused)
        {
            return $"append {number} was refused, and is acknowledged at {first}";
        }

        var count = Messages().Count;
        if (last - first + 1 != count || (ids is not null && ids.Length != count))
        {
            return $"append {number} of {count} messages was answered with the sequences {first} to {last}";
        }

        Outcome = Outcome.Acknowledged;
        First = first;
        Ids = ids;
        Answered = Math.Min(Answered, answer.At);
        AnsweredFirst |= !repeated;
        session.Note(last);
        return null;
    }

    /// <summary>The messages as they were sent.</summary>
    public IReadOnlyList<JsonElement> Messages()
    {
        var sent = JsonDocument.Parse(body).RootElement;
        return carrier switch
        {
            Carrier.Store => [Message("user", sent.GetProperty("user_message")), Message("assistant", sent.GetProperty("agent_message"))],
            Carrier.Start => [Message("system", sent.GetProperty("system_prompt"))],
            _ => [.. sent.GetProperty("messages").EnumerateArray()],
        };
    }

    private static JsonElement Message(string role, JsonElement content) =>
        JsonSerializer.SerializeToElement(new Dictionary<string, object> { ["role"] = role, ["content"] = content });
}
