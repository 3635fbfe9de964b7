using System.Text.Json;
using System.Text.Json.Serialization;
using Granary.Core.Messages;
using Granary.Providers.Connections;

namespace Granary.Providers.Chain;

/// <summary>A provider of a chain, as it was set or registered. It names a connection of the settings and holds no secret.</summary>
public sealed record ProviderEntry
{
    /// <summary>Its name, by <see cref="Ids"/>; unique in the chain.</summary>
    public required string Name { get; init; }

    /// <summary>Its type: native, postgres, http or mock.</summary>
    public required string ProviderType { get; init; }

    /// <summary>The connection of the settings that it uses; no two use the same.</summary>
    public required string ConnectionName { get; init; }

    /// <summary>Lower ones go first, 0 to 10,000.</summary>
    public int Priority { get; init; } = 100;

    /// <summary>Whether it is asked to keep and find. What is deleted is deleted there all the same.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>Seconds between two checks of its health, 5 to 3,600.</summary>
    public int HealthCheckInterval { get; init; } = 30;

    /// <summary>Seconds that a call may take where the operation's rule allows more, 1 to 600.</summary>
    public int Timeout { get; init; } = 30;

    /// <summary>Tries of a call where the operation's rule allows more, 1 to 10.</summary>
    public int RetryAttempts { get; init; } = 3;

    /// <summary>Whoever registered it may note here what they like: a JSON object of at most 4 KiB. Everybody who may list providers reads it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public JsonElement? Metadata { get; init; }

    /// <summary>What is wrong with it: the field, in the words of the API, and the rule. Null if nothing is.</summary>
    internal (string Field, string Rule)? Problem()
    {
        const int MaxMetadataBytes = 4 * 1024;
        return this switch
        {
            _ when !Ids.IsValid(Name) => ("name", Ids.Rule),
            _ when !ProviderTypes.OfChains.Contains(ProviderType) => ("provider_type", $"must be one of {string.Join(", ", ProviderTypes.OfChains)}"),
            _ when !Ids.IsValid(ConnectionName) => ("connection_name", Ids.Rule),
            { Priority: < 0 or > 10_000 } => ("priority", "must be a whole number from 0 to 10000"),
            { HealthCheckInterval: < 5 or > 3_600 } => ("health_check_interval", "must be a whole number of seconds from 5 to 3600"),
            { Timeout: < 1 or > 600 } => ("timeout", "must be a whole number of seconds from 1 to 600"),
            { RetryAttempts: < 1 or > 10 } => ("retry_attempts", "must be a whole number from 1 to 10"),
            { Metadata: { } json } when json.ValueKind != JsonValueKind.Object => ("metadata", "must be a JSON object"),
            { Metadata: { } json } when MessageSize.Bytes(json) > MaxMetadataBytes => ("metadata", "must be at most 4096 bytes (4 KiB) as UTF-8 JSON"),
            { Metadata: { } json } when JsonRules.WhyRefused(json) is { } rule => ("metadata", rule),
            _ => null,
        };
    }
}
