using System.Net;
using System.Net.Mime;
using System.Text.Json;
using Granary.Wire;

namespace Granary.Client.Http;

/// <summary>Why an attempt failed, and what that allows.</summary>
internal sealed record Failure(MemoryException Error)
{
    /// <summary>Whether another attempt may fare better.</summary>
    public bool Transient { get; private init; }

    /// <summary>Whether it is certain that the service did nothing.</summary>
    public bool NotRun { get; private init; }

    /// <summary>Whether another address may fare better.</summary>
    public bool MoveOn { get; private init; }

    /// <summary>How long the service asked to wait.</summary>
    public TimeSpan RetryAfter { get; private init; }

    public static Failure Unreachable(Uri address, Exception cause) => new(new UnavailableException(
        ClientErrorCodes.Unreachable, $"{Name(address)} did not answer: {Innermost(cause)}", ProblemExtensions.DefaultRetryAfter, cause))
    {
        Transient = true,
        MoveOn = true,
        NotRun = cause is HttpRequestException
        {
            HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError
                or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError,
        },
    };

    public static Failure AttemptTimedOut(Uri address, Exception cause) => new(new UnavailableException(
        ClientErrorCodes.Unreachable, $"{Name(address)} did not answer in time.", ProblemExtensions.DefaultRetryAfter, cause))
    {
        Transient = true,
        MoveOn = true,
    };

    public static Failure Malformed(Uri address, string what, Exception? cause = null) => new(new UnavailableException(
        ClientErrorCodes.MalformedAnswer, $"The answer of {Name(address)} is not one of this service: {what}", ProblemExtensions.DefaultRetryAfter, cause));

    public static async Task<Failure> OfAnswerAsync(
        Uri address, HttpResponseMessage response, TimeProvider time, CancellationToken cancellationToken)
    {
        var asked = RetryAfterOf(response, time);
        var error = await ReadProblemAsync(response, cancellationToken).ConfigureAwait(false) is { } problem
            ? problem.ToException(asked ?? ProblemExtensions.DefaultRetryAfter, response.Headers.ETag?.ToString())
            : WithoutProblem(address, response, asked ?? ProblemExtensions.DefaultRetryAfter);
        return new Failure(error)
        {
            Transient = response.StatusCode is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway
                or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout,
            NotRun = response.StatusCode is HttpStatusCode.TooManyRequests,
            MoveOn = response.StatusCode is HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout,
            RetryAfter = asked ?? TimeSpan.Zero,
        };
    }

    /// <summary>The answer of a proxy or of something that is not this service at all.</summary>
    private static MemoryException WithoutProblem(Uri address, HttpResponseMessage response, TimeSpan retryAfter)
    {
        var what = $"{Name(address)} answered HTTP {(int)response.StatusCode} without a problem document.";
        return response.StatusCode switch
        {
            HttpStatusCode.Unauthorized => new AccessDeniedException(ErrorCodes.Unauthorized, what),
            HttpStatusCode.Forbidden => new AccessDeniedException(ErrorCodes.Forbidden, what),
            HttpStatusCode.PreconditionFailed => new PreconditionFailedException(response.Headers.ETag?.ToString()),
            HttpStatusCode.RequestEntityTooLarge => new TooLargeException("request", "is larger than the service, or a proxy before it, allows"),
            HttpStatusCode.TooManyRequests => new UnavailableException(ErrorCodes.RateLimited, what, retryAfter),
            HttpStatusCode.RequestTimeout or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout =>
                new UnavailableException(ClientErrorCodes.Unreachable, what, retryAfter),
            >= HttpStatusCode.InternalServerError => new UnavailableException(ClientErrorCodes.InternalError, what, retryAfter),
            _ => new UnavailableException(ClientErrorCodes.MalformedAnswer, what, retryAfter),
        };
    }

    private static async Task<Problem?> ReadProblemAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.Content.Headers.ContentType?.MediaType is not (MediaTypeNames.Application.ProblemJson or MediaTypeNames.Application.Json))
            return null;
        try
        {
            var body = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            await using (body.ConfigureAwait(false))
            {
                var problem = await JsonSerializer.DeserializeAsync(body, ClientJson.Read.Problem, cancellationToken).ConfigureAwait(false);
                // The status line rules: a proxy may answer for the service with a document of its own.
                return problem is null ? null : problem with { Status = (int)response.StatusCode };
            }
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static TimeSpan? RetryAfterOf(HttpResponseMessage response, TimeProvider time) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date > time.GetUtcNow() ? date - time.GetUtcNow() : TimeSpan.Zero,
        _ => null,
    };

    private static string Name(Uri address) => address.GetLeftPart(UriPartial.Path).TrimEnd('/');

    private static string Innermost(Exception cause)
    {
        while (cause.InnerException is { } inner)
            cause = inner;
        return cause.Message;
    }
}
