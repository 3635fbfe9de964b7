using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Granary.Http;

/// <summary>Reads single values from headers, the query and the path, and refuses what breaks their rules.</summary>
internal static class RequestValues
{
    /// <summary>A header that may be given once, or null.</summary>
    public static string? Header(HttpRequest request, string name) =>
        request.Headers.TryGetValue(name, out var values) ? Single(values, name) : null;

    /// <summary>A query parameter that may be given once, or null.</summary>
    public static string? Query(HttpRequest request, string name) =>
        request.Query.TryGetValue(name, out var values) ? Single(values, name) : null;

    /// <summary>A whole number of the query.</summary>
    public static long Query(HttpRequest request, string name, long fallback, long min, long max)
    {
        if (Query(request, name) is not { } text)
        {
            return fallback;
        }

        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max)
        {
            return value;
        }

        throw new InvalidRequestException(name, max == long.MaxValue ? $"must be a whole number of {min} or more" : $"must be a whole number from {min} to {max}");
    }

    /// <summary>An id of the query, or null.</summary>
    public static string? QueryId(HttpRequest request, string name) => Query(request, name) is { } id ? Ids.Require(id, name) : null;

    /// <summary>A yes or no of the query; no where it is left out.</summary>
    public static bool QueryFlag(HttpRequest request, string name) => Query(request, name) switch
    {
        null or "false" => false,
        "true" => true,
        _ => throw new InvalidRequestException(name, "must be true or false"),
    };

    /// <summary>Names of the query, separated by commas, in snake case; null where it is left out.</summary>
    public static IReadOnlyList<T>? QueryNames<T>(HttpRequest request, string name)
        where T : struct, Enum
    {
        if (Query(request, name) is not { } text)
        {
            return null;
        }

        var known = Enum.GetValues<T>().ToDictionary(value => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString()), StringComparer.Ordinal);
        return
        [
            .. text.Split(',').Select(part => known.TryGetValue(part, out var value)
                ? value
                : throw new InvalidRequestException(name, "must be one of " + string.Join(", ", known.Keys))),
        ];
    }

    /// <summary>An id from the path. The server has percent-decoded it once; a percent sign that is left breaks the grammar.</summary>
    public static string Route(HttpContext context, string name) => Ids.Require(context.Request.RouteValues[name] as string, name);

    /// <summary>The idempotency key of the request, from the header or the body, or null.</summary>
    public static string? IdempotencyKey(HttpRequest request, string? inBody = null)
    {
        var inHeader = Header(request, "Idempotency-Key");
        if (inHeader is not null && inBody is not null && inHeader != inBody)
        {
            throw new InvalidRequestException("idempotency_key", "differs from the header Idempotency-Key");
        }

        return inBody is not null ? RequireIdempotencyKey(inBody, "idempotency_key")
            : inHeader is not null ? RequireIdempotencyKey(inHeader, "Idempotency-Key")
            : null;
    }

    /// <summary>Returns the key if it follows the grammar.</summary>
    public static string RequireIdempotencyKey(string key, string field) =>
        key.Length is > 0 and <= MessageLimits.MaxIdempotencyKeyLength && !key.AsSpan().ContainsAnyExceptInRange('!', '~')
            ? key
            : throw new InvalidRequestException(field, $"must be 1 to {MessageLimits.MaxIdempotencyKeyLength} visible ASCII characters");

    private static string? Single(StringValues values, string name) =>
        values.Count <= 1 ? (string?)values : throw new InvalidRequestException(name, "must be given once");
}
