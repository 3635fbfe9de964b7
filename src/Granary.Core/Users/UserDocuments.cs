using System.Text.Json;
using System.Text.Json.Serialization;
using Granary.Core.Sessions.Documents;

namespace Granary.Core.Users;

/// <summary>A session in its user's list.</summary>
internal sealed record UserSessionDocument
{
    [JsonPropertyName("v")]
    [JsonPropertyOrder(-1)]
    public int Version { get; init; } = 1;

    public required SessionListing Listing { get; init; }

    public byte[] Encode() => JsonSerializer.SerializeToUtf8Bytes(this, SessionJson.Documents.UserSessionDocument);

    public static UserSessionDocument Decode(ReadOnlySpan<byte> body) => DocumentJson.Decode(body, SessionJson.Documents.UserSessionDocument);
}

/// <summary>The last notice of a sender that was applied, written with its effect.</summary>
internal sealed record WatermarkDocument
{
    [JsonPropertyName("v")]
    [JsonPropertyOrder(-1)]
    public int Version { get; init; } = 1;

    public required long Number { get; init; }

    /// <summary>When the sender was erased: after the lifetime of its tombstone nobody asks any more.</summary>
    public DateTimeOffset? ErasedAt { get; init; }

    public byte[] Encode() => JsonSerializer.SerializeToUtf8Bytes(this, SessionJson.Documents.WatermarkDocument);

    public static WatermarkDocument Decode(ReadOnlySpan<byte> body) => DocumentJson.Decode(body, SessionJson.Documents.WatermarkDocument);
}
