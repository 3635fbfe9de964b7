using Granary.Wire;

namespace Granary.Client;

/// <summary>Turns problem documents into the exceptions that the same case throws in process.</summary>
public static class ProblemExtensions
{
    /// <summary>What to wait where the service does not say.</summary>
    internal static readonly TimeSpan DefaultRetryAfter = TimeSpan.FromSeconds(1);

    /// <summary>The exception of a problem, for example of an item of a batch.</summary>
    /// <param name="problem">The problem.</param>
    public static MemoryException ToException(this Problem problem) => ToException(problem, DefaultRetryAfter, null);

    internal static MemoryException ToException(this Problem problem, TimeSpan retryAfter, string? etag)
    {
        ArgumentNullException.ThrowIfNull(problem);
        MemoryException error = problem.Status switch
        {
            400 => new InvalidRequestException(problem.Field ?? "request", problem.Rule ?? problem.Detail),
            401 or 403 => new AccessDeniedException(problem.Code, problem.Detail),
            404 => new NotFoundException(problem.Detail),
            409 => new ConflictException(problem.Code, problem.Detail),
            410 => new ErasedException(problem.Detail),
            412 => new PreconditionFailedException(etag),
            413 => new TooLargeException(problem.Field ?? "request", problem.Rule ?? problem.Detail),
            408 or 429 or >= 500 => new UnavailableException(problem.Code, problem.Detail, retryAfter),
            // A method or a form that this version of the service does not know.
            >= 400 => new InvalidRequestException(problem.Field ?? "request", problem.Rule ?? problem.Detail),
            _ => new UnavailableException(ClientErrorCodes.MalformedAnswer, problem.Detail, retryAfter),
        };
        return error.With(problem.TraceId);
    }
}
