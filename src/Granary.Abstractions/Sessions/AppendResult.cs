using System.Text.Json.Serialization;

namespace Granary;

/// <summary>What an append stored. A repeat with the same idempotency key gets the same answer.</summary>
/// <param name="SessionId">The session.</param>
/// <param name="FirstSequence">The sequence of the first message.</param>
/// <param name="LastSequence">The sequence of the last message.</param>
/// <param name="Messages">Id and sequence of each message, in order.</param>
public sealed record AppendResult(string SessionId, long FirstSequence, long LastSequence, IReadOnlyList<AppendedMessage> Messages)
{
    /// <summary>The session's ETag right after this append.</summary>
    [JsonIgnore]
    public string ETag { get; init; } = "";

    /// <summary>The turn of the last message.</summary>
    [JsonIgnore]
    public int Turn { get; init; }

    /// <summary>Whether this is the answer of an earlier append with the same key; nothing was stored now.</summary>
    [JsonIgnore]
    public bool Repeated { get; init; }
}

/// <summary>A stored message.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Sequence">Its position in the session.</param>
/// <param name="Redacted">Whether something of it was replaced by the redaction string.</param>
public sealed record AppendedMessage(
    string Id,
    long Sequence,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Redacted = false);
