namespace Granary;

/// <summary>The request breaks a rule (HTTP 400). Nothing was stored.</summary>
/// <param name="field">The field, as the caller wrote it, for example <c>messages[2].role</c>.</param>
/// <param name="rule">The rule it breaks, for example <c>is required</c>.</param>
public sealed class InvalidRequestException(string field, string rule)
    : MemoryException(ErrorCodes.InvalidRequest, $"{field} {rule}")
{
    /// <summary>The field, as the caller wrote it.</summary>
    public string Field { get; } = field;

    /// <summary>The rule it breaks.</summary>
    public string Rule { get; } = rule;
}
