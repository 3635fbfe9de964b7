using System.Text.Json.Serialization;
using Granary.Llm.Audit;

namespace Granary.Http.Audit;

/// <summary>Answer of <c>GET /v1/usage</c>.</summary>
internal sealed record UsageResponse
{
    /// <summary>The tenant.</summary>
    public required string TenantId { get; init; }

    /// <summary>The user whose usage it is, or null for all.</summary>
    public string? UserId { get; init; }

    /// <summary>The session whose usage it is, or null for all.</summary>
    public string? SessionId { get; init; }

    /// <summary>The first day, UTC.</summary>
    public required DateOnly From { get; init; }

    /// <summary>The last day, UTC.</summary>
    public required DateOnly To { get; init; }

    /// <summary>What the groups are.</summary>
    public required UsageGrouping By { get; init; }

    /// <summary>The sums over all days.</summary>
    public required UsageTotals Totals { get; init; }

    /// <summary>The sums of each day, user, model or session.</summary>
    public required IReadOnlyList<UsageGroup> Groups { get; init; }

    /// <summary>Groups beyond the limit.</summary>
    public required int Omitted { get; init; }
}

/// <summary>Answer of <c>GET /v1/usage/calls</c>.</summary>
/// <param name="Calls">The calls, the oldest first.</param>
/// <param name="Next">Pass it as <c>after</c> for the next page; null at the end.</param>
internal sealed record CallsResponse(IReadOnlyList<CallResponse> Calls, string? Next);

/// <summary>A call, perhaps with what the user said.</summary>
/// <param name="Call">The call.</param>
/// <param name="Query">The beginning of what the user said, where the server is set to show it and the session still has it.</param>
internal sealed record CallResponse(AuditCall Call, string? Query);

/// <summary>The JSON of the routes of usage.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(UsageResponse))]
[JsonSerializable(typeof(CallsResponse))]
internal sealed partial class UsageJson : JsonSerializerContext;
