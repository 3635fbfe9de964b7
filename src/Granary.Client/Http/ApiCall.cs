using System.Net;

namespace Granary.Client.Http;

/// <summary>One call of the API, apart from the address it goes to; the same for all its attempts.</summary>
internal sealed record ApiCall(HttpMethod Method, string Path)
{
    /// <summary>Whether it may be made again.</summary>
    public Repeat Repeat { get; init; }

    /// <summary>The body, serialized once for all attempts.</summary>
    public ReadOnlyMemory<byte>? Json { get; init; }

    /// <summary>A body that is produced while it is sent, instead of <see cref="Json"/>.</summary>
    public OnceContent? Stream { get; init; }

    /// <summary>Whether the answer is a transfer that outlives the call.</summary>
    public bool Streaming { get; init; }

    public string? Tenant { get; init; }

    public string? User { get; init; }

    public string? IdempotencyKey { get; init; }

    public string? IfMatch { get; init; }

    public string? IfNoneMatch { get; init; }

    public string? LastEventId { get; init; }

    public string Accept { get; init; } = "application/json";

    /// <summary>A status beyond 2xx that is an answer here and not a failure.</summary>
    public HttpStatusCode? AlsoAnswers { get; init; }

    /// <summary>Whether a new attempt can send the body again from its beginning.</summary>
    public bool CanSendAgain => Stream is not { Started: true };
}
