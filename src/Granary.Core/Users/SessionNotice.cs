using System.Text.Json;
using System.Text.Json.Serialization;
using Granary.Core.Reflection;
using Granary.Core.Sessions.Documents;

namespace Granary.Core.Users;

/// <summary>What a session tells its user: an entry of the session's outbox.</summary>
internal sealed record SessionNotice
{
    [JsonPropertyName("v")]
    [JsonPropertyOrder(-1)]
    public int Version { get; init; } = 1;

    /// <summary>The session as the list shows it, or null when it is erased.</summary>
    public SessionListing? Listing { get; init; }

    /// <summary>What the session learned about the user since the notice before, or null.</summary>
    public IReadOnlyList<LearnedChange>? Learned { get; init; }

    /// <summary>The life of the user that the session belongs to; null for the first.</summary>
    public string? Life { get; init; }

    /// <summary>Messages that go with the session; 0 unless it is erased.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long Messages { get; init; }

    public byte[] Encode() => JsonSerializer.SerializeToUtf8Bytes(this, SessionJson.Documents.SessionNotice);

    public static SessionNotice Decode(ReadOnlySpan<byte> body) => DocumentJson.Decode(body, SessionJson.Documents.SessionNotice);
}

/// <summary>A notice on its way.</summary>
/// <param name="SessionId">The sender.</param>
/// <param name="Incarnation">Tells the sender from an erased session of the same id.</param>
/// <param name="Number">The sender's number of the notice, from 1 without gaps.</param>
/// <param name="Notice">The notice.</param>
internal sealed record SessionDelivery(string SessionId, string Incarnation, long Number, SessionNotice Notice);
