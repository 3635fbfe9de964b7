using System.Text.Json;
using System.Text.Json.Serialization;
using Granary.Core.Sessions.Documents;

namespace Granary.Core.Users.Erasure;

/// <summary>The ids of the documents by which a user is erased and begun anew.</summary>
internal static class ErasureDocumentIds
{
    /// <summary>The mark: the user is being erased.</summary>
    public const string Mark = "d";

    /// <summary>A session that the erasure removed.</summary>
    public const string SessionPrefix = "d:";

    /// <summary>Which life of the user this is.</summary>
    public const string Life = "e";

    /// <summary>The one document of a receipt's partition.</summary>
    public const string Receipt = "r";
}

/// <summary>Says that a user is being erased.</summary>
internal sealed record ErasureMark
{
    [JsonPropertyName("v")]
    [JsonPropertyOrder(-1)]
    public int Version { get; init; } = 1;

    public required string Id { get; init; }

    public required DateTimeOffset RequestedAt { get; init; }

    /// <summary>What others erased of the user so far, by kind.</summary>
    public IReadOnlyDictionary<string, int>? Others { get; init; }

    public byte[] Encode() => JsonSerializer.SerializeToUtf8Bytes(this, ErasureJson.Default.ErasureMark);

    public static ErasureMark Decode(ReadOnlySpan<byte> body) => DocumentJson.Decode(body, ErasureJson.Default.ErasureMark);
}

/// <summary>A session that went with its user.</summary>
internal sealed record ErasedSession
{
    [JsonPropertyName("v")]
    [JsonPropertyOrder(-1)]
    public int Version { get; init; } = 1;

    public required string Session { get; init; }

    public long Messages { get; init; }

    public byte[] Encode() => JsonSerializer.SerializeToUtf8Bytes(this, ErasureJson.Default.ErasedSession);

    public static ErasedSession Decode(ReadOnlySpan<byte> body) => DocumentJson.Decode(body, ErasureJson.Default.ErasedSession);
}

/// <summary>Tells the lives of a user apart: each but the first is named by the erasure that ended the one before.</summary>
internal sealed record LifeDocument
{
    [JsonPropertyName("v")]
    [JsonPropertyOrder(-1)]
    public int Version { get; init; } = 1;

    public string? After { get; init; }

    public byte[] Encode() => JsonSerializer.SerializeToUtf8Bytes(this, ErasureJson.Default.LifeDocument);

    public static LifeDocument Decode(ReadOnlySpan<byte> body) => DocumentJson.Decode(body, ErasureJson.Default.LifeDocument);
}

/// <summary>What an erasure removed.</summary>
internal sealed record ReceiptDocument
{
    [JsonPropertyName("v")]
    [JsonPropertyOrder(-1)]
    public int Version { get; init; } = 1;

    public required UserErasure Erasure { get; init; }

    public byte[] Encode() => JsonSerializer.SerializeToUtf8Bytes(this, ErasureJson.Default.ReceiptDocument);

    public static ReceiptDocument Decode(ReadOnlySpan<byte> body) => DocumentJson.Decode(body, ErasureJson.Default.ReceiptDocument);
}

/// <summary>The JSON of the documents of an erasure.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ErasureMark))]
[JsonSerializable(typeof(ErasedSession))]
[JsonSerializable(typeof(LifeDocument))]
[JsonSerializable(typeof(ReceiptDocument))]
internal sealed partial class ErasureJson : JsonSerializerContext;
