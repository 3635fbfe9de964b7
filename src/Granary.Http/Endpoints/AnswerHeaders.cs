using Microsoft.AspNetCore.Http;

namespace Granary.Http.Endpoints;

/// <summary>Headers that several answers have.</summary>
internal static class AnswerHeaders
{
    private const string Replayed = "Idempotency-Replayed";

    public static readonly IReadOnlyList<(string Name, string Description)> ETag = [("ETag", "The session's last sequence and resource revision.")];

    public static readonly IReadOnlyList<(string Name, string Description)> Stored =
    [
        .. ETag, (Replayed, "true if this is the answer of an earlier call with the same idempotency key; nothing was stored now."),
    ];

    public static void SetStored(HttpResponse response, AppendResult stored)
    {
        response.Headers.ETag = stored.ETag;
        if (stored.Repeated)
        {
            response.Headers[Replayed] = "true";
        }
    }
}
