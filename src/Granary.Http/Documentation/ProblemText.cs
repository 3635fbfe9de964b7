namespace Granary.Http.Documentation;

/// <summary>When a status comes, in words.</summary>
internal static class ProblemText
{
    public static string Of(int status) => status switch
    {
        400 => "The request breaks a rule; field and rule are named. Nothing was stored.",
        401 => "No key, or one that is not known.",
        403 => "The key, the resource's mode or the page's origin does not allow it.",
        404 => "There is nothing of that name. Nothing was created.",
        409 => "The state does not allow it: completed, exists already, or the idempotency key came before with other content.",
        410 => "It was erased.",
        412 => "The ETag is not the current one.",
        413 => "The request or a part of it is too large. Nothing was stored.",
        415 => "The content type is not the route's.",
        429 => "A limit is reached; Retry-After says when to come back.",
        500 => "Something unexpected; the trace_id finds it in the log.",
        501 => "The memory provider that is configured cannot do this.",
        503 => "The store or the service cannot answer now; Retry-After says when to come back. Repeat with the same idempotency key.",
        _ => "It was refused.",
    };
}
