namespace Granary.Core;

/// <summary>Comparison of entity tags (RFC 9110, 13.1.1; strong comparison).</summary>
internal static class ETags
{
    /// <summary>Whether an <c>If-Match</c> value names the current tag.</summary>
    /// <param name="ifMatch"><c>*</c>, or tags separated by commas.</param>
    /// <param name="current">The current tag with its quotes, or null if there is nothing.</param>
    public static bool Matches(string ifMatch, string? current)
    {
        if (current is null)
        {
            return false;
        }

        foreach (var range in ifMatch.AsSpan().Split(','))
        {
            var tag = ifMatch.AsSpan(range).Trim();
            if (tag is "*" || tag.SequenceEqual(current))
            {
                return true;
            }
        }

        return false;
    }
}
