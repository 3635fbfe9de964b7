using System.Buffers;

namespace Granary;

/// <summary>The grammar of every id that a caller may choose: tenants, users, agents, sessions, resources.</summary>
public static class Ids
{
    /// <summary>The longest id, in characters.</summary>
    public const int MaxLength = 128;

    /// <summary>The rule in words, for messages to people.</summary>
    public const string Rule = "must be 1 to 128 characters of A-Z a-z 0-9 _ . : @ | + = ~ - and not '.' or '..'";

    /// <summary>The tenant of callers that name none.</summary>
    public const string DefaultTenant = "default";

    /// <summary>The agent of sessions that name none.</summary>
    public const string DefaultAgent = "default";

    private static readonly SearchValues<char> Allowed =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.:@|+=~-");

    /// <summary>Whether <paramref name="id"/> follows the grammar.</summary>
    public static bool IsValid(string? id) =>
        id is { Length: > 0 and <= MaxLength } && id is not ("." or "..") && !id.AsSpan().ContainsAnyExcept(Allowed);

    /// <summary>Returns the id if it follows the grammar.</summary>
    /// <param name="id">The id.</param>
    /// <param name="field">The name under which the caller sent it.</param>
    /// <exception cref="InvalidRequestException">It does not.</exception>
    public static string Require(string? id, string field) =>
        IsValid(id) ? id! : throw new InvalidRequestException(field, id is null ? "is required" : Rule);

    /// <summary>A new id that sorts by the time it was made (UUID version 7, RFC 9562), without dashes.</summary>
    /// <param name="time">The clock.</param>
    public static string New(TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(time);
        return Guid.CreateVersion7(time.GetUtcNow()).ToString("n");
    }
}
