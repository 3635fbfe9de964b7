namespace Granary.Client;

/// <summary>The codes that only a client gives its <see cref="UnavailableException"/>s, beside <see cref="ErrorCodes"/>.</summary>
public static class ClientErrorCodes
{
    /// <summary>No address could be reached, or the connection broke.</summary>
    public const string Unreachable = "unreachable";

    /// <summary><see cref="GranaryClientOptions.Timeout"/> passed before there was an answer.</summary>
    public const string DeadlineExceeded = "deadline_exceeded";

    /// <summary>There was an answer that is not one of this service: a wrong address, a proxy between, another version.</summary>
    public const string MalformedAnswer = "malformed_answer";

    /// <summary>The service failed unexpectedly (HTTP 500); its log has the trace id.</summary>
    public const string InternalError = "internal_error";
}
