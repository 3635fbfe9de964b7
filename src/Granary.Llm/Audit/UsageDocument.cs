using System.Text.Json.Serialization;

namespace Granary.Llm.Audit;

/// <summary>A day's totals of a tenant, user, session or model, with the name that its id only has as a hash.</summary>
/// <param name="Name">The user, session or model; null for the tenant's.</param>
/// <param name="Totals">The totals.</param>
/// <param name="V">The schema of the body.</param>
internal sealed record UsageDocument(string? Name, UsageTotals Totals, int V = 1);

/// <summary>A call.</summary>
/// <param name="Call">The call.</param>
/// <param name="V">The schema of the body.</param>
internal sealed record CallDocument(AuditCall Call, int V = 1);

/// <summary>The stored form of the audit.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(UsageDocument))]
[JsonSerializable(typeof(CallDocument))]
internal sealed partial class AuditJson : JsonSerializerContext;
