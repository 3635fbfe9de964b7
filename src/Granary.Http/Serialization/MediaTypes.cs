using Granary.Http.Problems;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Granary.Http.Serialization;

/// <summary>Checks the content type of a request.</summary>
internal static class MediaTypes
{
    public const string Json = "application/json";

    public const string JsonLines = "application/x-ndjson";

    /// <summary>Refuses a request whose body is not <paramref name="expected"/> in UTF-8.</summary>
    /// <remarks>Without keys this is also what keeps web pages out: a page of another origin cannot send these types unasked.</remarks>
    public static void Require(HttpRequest request, string expected)
    {
        var given = request.ContentType;
        if (string.Equals(given, expected, StringComparison.Ordinal) || Matches(given, expected))
        {
            return;
        }

        throw new HttpProblemException(
            StatusCodes.Status415UnsupportedMediaType,
            HttpErrorCodes.UnsupportedMediaType,
            $"Content-Type must be {expected} (UTF-8)");
    }

    private static bool Matches(string? given, string expected) =>
        MediaTypeHeaderValue.TryParse(given, out var type)
        && type.MediaType.Equals(expected, StringComparison.OrdinalIgnoreCase)
        && (!type.Charset.HasValue || HeaderUtilities.RemoveQuotes(type.Charset).Equals("utf-8", StringComparison.OrdinalIgnoreCase));
}
