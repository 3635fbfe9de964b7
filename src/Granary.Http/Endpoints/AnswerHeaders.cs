using Microsoft.AspNetCore.Http;

namespace Granary.Http.Endpoints;

/// <summary>Headers that several answers have.</summary>
internal static class AnswerHeaders
{
    private const string Replayed = "Idempotency-Replayed";

    public static readonly IReadOnlyList<(string Name, string Description)> ETag = [("ETag", "The session's last sequence and resource revision.")];

    /// <summary>The header of an answer that an earlier call had.</summary>
    public static readonly (string Name, string Description) Repeat =
        (Replayed, "true if this is the answer of an earlier call with the same idempotency key; nothing was stored now.");

    public static readonly IReadOnlyList<(string Name, string Description)> Stored = [.. ETag, Repeat];

    public static void SetStored(HttpResponse response, AppendResult stored)
    {
        response.Headers.ETag = stored.ETag;
        if (stored.Repeated)
        {
            SetRepeated(response);
        }
    }

    public static void SetRepeated(HttpResponse response) => response.Headers[Replayed] = "true";
}
