using Granary.Llm.Providers;
using Granary.Wire;
using Microsoft.AspNetCore.Http;

namespace Granary.Http.Problems;

/// <summary>Turns errors into problem documents (RFC 9457).</summary>
internal static class ProblemMap
{
    /// <summary>The problem of an error, or null if the error is unexpected.</summary>
    public static Problem? Of(Exception error, string traceId) => error switch
    {
        InvalidRequestException e => Make(StatusCodes.Status400BadRequest, e.Code, e.Message, traceId, e.Field, e.Rule),
        TooLargeException e => Make(StatusCodes.Status413PayloadTooLarge, e.Code, e.Message, traceId, e.Field, e.Rule),
        MemoryException e => Make(StatusOf(e), e.Code, e.Message, traceId),
        ProviderException e => Make(e.Status, HttpErrorCodes.Of(e), e.Message, traceId),
        HttpProblemException e => Make(e.Status, e.Code, e.Message, traceId),
        BadHttpRequestException e => OfServer(e, traceId),
        _ => null,
    };

    /// <summary>The problem of anything unexpected. It tells nothing but where to look.</summary>
    public static Problem Internal(string traceId) => Make(
        StatusCodes.Status500InternalServerError,
        HttpErrorCodes.InternalError,
        "Something went wrong here. The log has it under this trace id.",
        traceId);

    /// <summary>The problem of an answer that has a status but no body, as routing gives them.</summary>
    public static Problem OfStatus(int status, string traceId) => status switch
    {
        StatusCodes.Status404NotFound => Make(status, ErrorCodes.NotFound, "There is no such route.", traceId),
        StatusCodes.Status405MethodNotAllowed => Make(status, HttpErrorCodes.MethodNotAllowed, "The route does not take this method.", traceId),
        StatusCodes.Status415UnsupportedMediaType => Make(status, HttpErrorCodes.UnsupportedMediaType, "The route does not take this content type.", traceId),
        StatusCodes.Status413PayloadTooLarge => Make(status, ErrorCodes.TooLarge, "The request is too large.", traceId),
        >= 500 => Internal(traceId) with { Status = status },
        _ => Make(status, ErrorCodes.InvalidRequest, "The request cannot be understood.", traceId),
    };

    private static int StatusOf(MemoryException error) => error.Code switch
    {
        ErrorCodes.Unauthorized => StatusCodes.Status401Unauthorized,
        ErrorCodes.Forbidden or ErrorCodes.ReadOnly => StatusCodes.Status403Forbidden,
        ErrorCodes.NotFound => StatusCodes.Status404NotFound,
        ErrorCodes.Erased => StatusCodes.Status410Gone,
        ErrorCodes.PreconditionFailed => StatusCodes.Status412PreconditionFailed,
        ErrorCodes.RateLimited => StatusCodes.Status429TooManyRequests,
        _ => error switch
        {
            ConflictException => StatusCodes.Status409Conflict,
            UnavailableException => StatusCodes.Status503ServiceUnavailable,
            AccessDeniedException => StatusCodes.Status403Forbidden,
            ProviderLimitException => StatusCodes.Status501NotImplemented,
            _ => StatusCodes.Status400BadRequest,
        },
    };

    // What the server itself finds wrong while a body is read. Its messages name limits and headers, nothing of ours.
    private static Problem OfServer(BadHttpRequestException error, string traceId) => error.StatusCode switch
    {
        StatusCodes.Status413PayloadTooLarge => Make(error.StatusCode, ErrorCodes.TooLarge, "body is larger than this route takes", traceId, "body", "is larger than this route takes"),
        StatusCodes.Status408RequestTimeout => Make(error.StatusCode, HttpErrorCodes.RequestTimeout, "The body came too slowly.", traceId),
        _ => Make(error.StatusCode, ErrorCodes.InvalidRequest, "body is not what its headers announce", traceId, "body", "is not what its headers announce"),
    };

    private static Problem Make(int status, string code, string detail, string traceId, string? field = null, string? rule = null) => new()
    {
        Type = "urn:granary:problem:" + code,
        Title = TitleOf(code),
        Status = status,
        Detail = detail,
        Code = code,
        Field = field,
        Rule = rule,
        TraceId = traceId,
    };

    private static string TitleOf(string code) => code switch
    {
        ErrorCodes.InvalidRequest => "The request breaks a rule",
        ErrorCodes.TooLarge => "Too large",
        ErrorCodes.Unauthorized => "A valid key is needed",
        ErrorCodes.Forbidden => "Not allowed",
        ErrorCodes.ReadOnly => "The memory resource is read-only",
        ErrorCodes.NotFound => "Not found",
        ErrorCodes.Erased => "Erased",
        ErrorCodes.Completed => "The session is completed",
        ErrorCodes.Unfinished => "Not over yet",
        ErrorCodes.AlreadyExists => "Exists already",
        ErrorCodes.KeyReused => "The idempotency key came before with other content",
        ErrorCodes.NotLastAnswer => "Only the last answer can be superseded",
        ErrorCodes.PreconditionFailed => "The ETag is not the current one",
        ErrorCodes.RateLimited => "Too many requests",
        ErrorCodes.StorageUnavailable => "The store is not available",
        ErrorCodes.Stopping => "The service is stopping",
        ErrorCodes.NotSupported => "The memory provider cannot do this",
        ErrorCodes.ProviderUnavailable => "The memory provider is not available",
        HttpErrorCodes.MethodNotAllowed => "Method not allowed",
        HttpErrorCodes.UnsupportedMediaType => "Unsupported content type",
        HttpErrorCodes.RequestTimeout => "Too slow",
        HttpErrorCodes.ProviderFailed => "The provider of the model cannot be asked",
        HttpErrorCodes.InternalError => "Internal error",
        _ => "The request was refused",
    };
}
