namespace Granary.Http.Endpoints.Memories;

/// <summary>The words of a recall.</summary>
internal static class QueryText
{
    /// <summary>The most characters that it may have.</summary>
    public const int MaxLength = 8_192;

    /// <summary>Returns the query if it follows the rules.</summary>
    public static string Require(string? query) => query switch
    {
        null => throw new InvalidRequestException("query", "is required"),
        _ when string.IsNullOrWhiteSpace(query) => throw new InvalidRequestException("query", "must not be empty"),
        { Length: > MaxLength } => throw new TooLargeException("query", $"must have at most {MaxLength} characters"),
        _ => query,
    };
}
