using System.Text.Json;
using System.Text.Json.Serialization;

namespace Granary.Wire;

/// <summary><c>POST /providers/register</c>. A member that is not known is refused: it might hold a secret.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record RegisterProviderRequest
{
    /// <summary>Its name, by the grammar of ids; unique among the providers.</summary>
    public string? Name { get; init; }

    /// <summary>Its type: native, postgres, http (or mem0_http) or mock.</summary>
    public string? ProviderType { get; init; }

    /// <summary>The connection of the settings that it uses; null for the one that is called like the type.</summary>
    public string? ConnectionName { get; init; }

    /// <summary>Not taken: connections stand in the settings, so that no secret is stored or sent around.</summary>
    public string? ConnectionString { get; init; }

    /// <summary>Not taken; see <see cref="ConnectionString"/>.</summary>
    public string? BaseUrl { get; init; }

    /// <summary>Lower ones go first, 0 to 10,000; null for 100.</summary>
    public int? Priority { get; init; }

    /// <summary>Whether it is asked to keep and find; null for true.</summary>
    public bool? Enabled { get; init; }

    /// <summary>Seconds between two checks of its health, 5 to 3,600; null for 30.</summary>
    public int? HealthCheckInterval { get; init; }

    /// <summary>Seconds that a call may take where the operation's rule allows more, 1 to 600; null for 30.</summary>
    public int? Timeout { get; init; }

    /// <summary>Tries of a call where the operation's rule allows more, 1 to 10; null for 3.</summary>
    public int? RetryAttempts { get; init; }

    /// <summary>A JSON object of at most 4 KiB, read by everybody who may list providers.</summary>
    public JsonElement? Metadata { get; init; }
}
