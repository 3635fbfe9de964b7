using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Granary.Http.Endpoints;

/// <summary>Conditional requests (RFC 9110, section 13). Whether a condition holds is decided by the memory, in the same step as the change.</summary>
internal static class Conditions
{
    private const string Any = "*";

    /// <summary>What the request's <c>If-Match</c> says: <c>*</c> or a list of ETags; null for any.</summary>
    /// <exception cref="InvalidRequestException">It is neither.</exception>
    public static string? IfMatch(HttpRequest request)
    {
        var given = request.Headers.IfMatch;
        if (given.Count == 0)
        {
            return null;
        }

        Parse(given, "If-Match");
        return given.Count == 1 ? given[0] : string.Join(',', given.ToArray());
    }

    /// <summary>The revisions, one of which <c>If-Match</c> says something must have; null for any. A tag that is no revision is one that nothing has.</summary>
    /// <exception cref="InvalidRequestException">It is neither <c>*</c> nor a list of ETags.</exception>
    public static IReadOnlyList<int>? Revisions(HttpRequest request)
    {
        var given = request.Headers.IfMatch;
        if (given.Count == 0)
        {
            return null;
        }

        var tags = Parse(given, "If-Match");
        return tags.Any(tag => tag.Tag == Any)
            ? null
            : [.. tags.Select(tag => !tag.IsWeak && int.TryParse(tag.Tag.AsSpan().Trim('"'), NumberStyles.None, CultureInfo.InvariantCulture, out var revision) && revision > 0 ? revision : int.MaxValue)];
    }

    /// <summary>Whether the caller has the current state already, so that the answer is 304.</summary>
    public static bool IsNotModified(HttpRequest request, string etag)
    {
        var given = request.Headers.IfNoneMatch;
        if (given.Count == 0)
        {
            return false;
        }

        var current = new EntityTagHeaderValue(etag);
        return Parse(given, "If-None-Match").Any(tag => tag.Tag == Any || tag.Compare(current, useStrongComparison: false));
    }

    /// <summary>Whether the request says <c>If-None-Match: *</c>: there must be nothing yet.</summary>
    public static bool RequiresNone(HttpRequest request)
    {
        var given = request.Headers.IfNoneMatch;
        return given.Count != 0 && (given == Any ? true : throw new InvalidRequestException("If-None-Match", "must be *"));
    }

    private static IList<EntityTagHeaderValue> Parse(StringValues given, string header) =>
        EntityTagHeaderValue.TryParseStrictList(given!, out var tags)
            ? tags
            : throw new InvalidRequestException(header, "must be * or ETags in quotes");
}
