namespace Granary;

/// <summary>The stable names of error cases: <see cref="MemoryException.Code"/> and the <c>code</c> of a problem document.</summary>
public static class ErrorCodes
{
    /// <summary>The request breaks a rule; the field and the rule are named.</summary>
    public const string InvalidRequest = "invalid_request";

    /// <summary>The request, or a part of it, is larger than allowed.</summary>
    public const string TooLarge = "too_large";

    /// <summary>No credential, or one that is not known.</summary>
    public const string Unauthorized = "unauthorized";

    /// <summary>The credential does not allow this.</summary>
    public const string Forbidden = "forbidden";

    /// <summary>The session's resource is read-only.</summary>
    public const string ReadOnly = "read_only";

    /// <summary>Nothing of that name exists.</summary>
    public const string NotFound = "not_found";

    /// <summary>It was erased.</summary>
    public const string Erased = "erased";

    /// <summary>The session is completed and takes no more messages.</summary>
    public const string Completed = "completed";

    /// <summary>It is not over yet: a batch that is worked on cannot be erased.</summary>
    public const string Unfinished = "unfinished";

    /// <summary>It exists already.</summary>
    public const string AlreadyExists = "already_exists";

    /// <summary>The idempotency key (or message ids) came before with other content.</summary>
    public const string KeyReused = "idempotency_key_reused";

    /// <summary>What is to be superseded is not the whole answer of the last turn, or a part of that turn is folded.</summary>
    public const string NotLastAnswer = "not_last_answer";

    /// <summary>The ETag given is not the current one.</summary>
    public const string PreconditionFailed = "precondition_failed";

    /// <summary>A limit of calls is reached; try again later.</summary>
    public const string RateLimited = "rate_limited";

    /// <summary>The store failed or was lost to another writer; try again with the same idempotency key.</summary>
    public const string StorageUnavailable = "storage_unavailable";

    /// <summary>The part of the cluster that holds this does not answer now; try again with the same idempotency key.</summary>
    public const string ClusterUnavailable = "cluster_unavailable";

    /// <summary>The service is stopping; try again, elsewhere or later.</summary>
    public const string Stopping = "stopping";

    /// <summary>The memory provider that is configured cannot do this.</summary>
    public const string NotSupported = "not_supported";

    /// <summary>No memory provider could do it now; try again.</summary>
    public const string ProviderUnavailable = "provider_unavailable";
}
