using System.Text.Json.Serialization;

namespace Granary.Wire;

/// <summary>A problem document (RFC 9457).</summary>
public sealed record Problem
{
    /// <summary>Names the kind of problem: <c>urn:granary:problem:</c> and the code.</summary>
    public required string Type { get; init; }

    /// <summary>The kind in words.</summary>
    public required string Title { get; init; }

    /// <summary>The HTTP status.</summary>
    public required int Status { get; init; }

    /// <summary>This case in words.</summary>
    public required string Detail { get; init; }

    /// <summary>The case: one of <see cref="ErrorCodes"/>.</summary>
    public required string Code { get; init; }

    /// <summary>The field that breaks a rule.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Field { get; init; }

    /// <summary>The rule that it breaks.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Rule { get; init; }

    /// <summary>Finds the request in logs and traces (W3C trace id).</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? TraceId { get; init; }
}
