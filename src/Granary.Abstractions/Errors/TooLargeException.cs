namespace Granary;

/// <summary>The request, or a part of it, is larger than allowed (HTTP 413). Nothing was stored.</summary>
/// <param name="field">The field, as the caller wrote it.</param>
/// <param name="rule">The limit it breaks.</param>
public sealed class TooLargeException(string field, string rule)
    : MemoryException(ErrorCodes.TooLarge, $"{field} {rule}")
{
    /// <summary>The field, as the caller wrote it.</summary>
    public string Field { get; } = field;

    /// <summary>The limit it breaks.</summary>
    public string Rule { get; } = rule;
}
