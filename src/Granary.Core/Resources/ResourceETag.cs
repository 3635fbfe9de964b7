using System.Globalization;

namespace Granary.Core.Resources;

/// <summary>ETags of resources (RFC 9110, section 8.8.3): <c>"r7"</c>, quotes included.</summary>
internal static class ResourceETag
{
    /// <summary>The ETag of a revision.</summary>
    public static string Of(MemoryResource resource) => string.Create(CultureInfo.InvariantCulture, $"\"r{resource.Revision}\"");

    /// <summary>
    /// Checks an <c>If-Match</c> (RFC 9110, section 13.1.1): <c>*</c> or a list of ETags. They are compared strongly: a weak one matches nothing.
    /// </summary>
    /// <exception cref="PreconditionFailedException">It does not hold.</exception>
    public static void Require(string? ifMatch, MemoryResource? current)
    {
        if (ifMatch is null)
            return;

        var eTag = current is null ? null : Of(current);
        if (eTag is not null)
        {
            foreach (var range in ifMatch.AsSpan().Split(','))
            {
                var candidate = ifMatch.AsSpan(range).Trim();
                if (candidate is "*" || candidate.SequenceEqual(eTag))
                    return;
            }
        }

        throw new PreconditionFailedException(eTag);
    }
}
