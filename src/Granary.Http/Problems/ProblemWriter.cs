using System.Globalization;
using Granary.Http.Serialization;
using Granary.Serialization;
using Granary.Wire;
using Microsoft.AspNetCore.Http;

namespace Granary.Http.Problems;

/// <summary>Answers with a problem document.</summary>
internal static class ProblemWriter
{
    public const string ContentType = "application/problem+json";

    /// <summary>Writes the problem as the whole answer. The response must not have started.</summary>
    /// <param name="context">The request.</param>
    /// <param name="problem">The problem.</param>
    /// <param name="error">What caused it: an ETag, a time to come back or a challenge is answered as a header.</param>
    public static Task WriteAsync(HttpContext context, Problem problem, Exception? error = null)
    {
        var headers = context.Response.Headers;
        headers.CacheControl = "no-store";
        switch (error)
        {
            case UnavailableException unavailable:
                headers.RetryAfter = RetryAfter(unavailable.RetryAfter);
                break;
            case PreconditionFailedException { CurrentETag: { } etag }:
                headers.ETag = etag;
                break;
            case AccessDeniedException { Code: ErrorCodes.Unauthorized }:
                headers.WWWAuthenticate = "Bearer realm=\"granary\"";
                break;
        }

        return JsonAnswer.WriteAsync(context, problem, GranaryJson.Default.Problem, problem.Status, ContentType);
    }

    /// <summary>Whole seconds, at least one, rounded up so that nobody comes back too early.</summary>
    private static string RetryAfter(TimeSpan time) =>
        Math.Max(1, (long)Math.Ceiling(time.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
}
