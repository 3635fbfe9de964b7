using System.Text.Json;
using System.Text.Json.Serialization;

namespace Granary.Providers.Chain;

/// <summary>What is stored of a provider of a chain: the entry, where it was registered at run time, and what administrators switched.</summary>
internal sealed record RegistryDocument
{
    [JsonPropertyName("v")]
    [JsonPropertyOrder(-1)]
    public int Version { get; init; } = 1;

    public required string Name { get; init; }

    /// <summary>The entry; null for one of the settings.</summary>
    public ProviderEntry? Entry { get; init; }

    /// <summary>Whether it is enabled; null: as the entry says.</summary>
    public bool? Enabled { get; init; }

    /// <summary>Whether an administrator failed over from it.</summary>
    public bool PassedOver { get; init; }

    public byte[] Encode() => JsonSerializer.SerializeToUtf8Bytes(this, ChainJson.Default.RegistryDocument);

    public static RegistryDocument Decode(ReadOnlySpan<byte> body) => JsonSerializer.Deserialize(body, ChainJson.Default.RegistryDocument)!;
}

/// <summary>What is still to be deleted at a provider that could not be reached.</summary>
internal sealed record PendingDelete
{
    [JsonPropertyName("v")]
    [JsonPropertyOrder(-1)]
    public int Version { get; init; } = 1;

    public required string Provider { get; init; }

    /// <summary>
    /// Whether the provider was registered at run time. All processes know those that are, so that one which is unknown was removed; one of the settings
    /// may be unknown only to this process.
    /// </summary>
    public bool Registered { get; init; }

    /// <summary>The memory; null for all of the user.</summary>
    public string? MemoryId { get; init; }

    public required DateTimeOffset RequestedAt { get; init; }

    public byte[] Encode() => JsonSerializer.SerializeToUtf8Bytes(this, ChainJson.Default.PendingDelete);

    public static PendingDelete Decode(ReadOnlySpan<byte> body) => JsonSerializer.Deserialize(body, ChainJson.Default.PendingDelete)!;
}

/// <summary>The JSON of what chains store.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(RegistryDocument))]
[JsonSerializable(typeof(PendingDelete))]
internal sealed partial class ChainJson : JsonSerializerContext;
