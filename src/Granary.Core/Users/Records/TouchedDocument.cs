using System.Text.Json;
using System.Text.Json.Serialization;
using Granary.Core.Sessions.Documents;

namespace Granary.Core.Users.Records;

/// <summary>The records that one change touched: who loads the user with older segments of the index reads only these anew.</summary>
internal sealed record TouchedDocument
{
    [JsonPropertyName("v")]
    [JsonPropertyOrder(-1)]
    public int Version { get; init; } = 1;

    public required IReadOnlyList<string> Ids { get; init; }

    public byte[] Encode() => JsonSerializer.SerializeToUtf8Bytes(this, RecordJson.Documents.TouchedDocument);

    public static TouchedDocument Decode(ReadOnlySpan<byte> body) => DocumentJson.Decode(body, RecordJson.Documents.TouchedDocument);
}
