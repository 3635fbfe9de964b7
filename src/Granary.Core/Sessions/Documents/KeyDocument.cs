using System.Text.Json;
using System.Text.Json.Serialization;

namespace Granary.Core.Sessions.Documents;

/// <summary>The record of a keyed append: which one it was and what it held.</summary>
internal sealed record KeyDocument
{
    [JsonPropertyName("v")]
    [JsonPropertyOrder(-1)]
    public int Version { get; init; } = 1;

    /// <summary>The first sequence of the append.</summary>
    public required long Sequence { get; init; }

    /// <summary>Hash of its messages after redaction, in hexadecimal.</summary>
    public required string Content { get; init; }

    public byte[] Encode() => JsonSerializer.SerializeToUtf8Bytes(this, SessionJson.Documents.KeyDocument);

    public static KeyDocument Decode(ReadOnlySpan<byte> body) => DocumentJson.Decode(body, SessionJson.Documents.KeyDocument);
}
