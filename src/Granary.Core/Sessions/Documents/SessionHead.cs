using System.Text.Json;
using System.Text.Json.Serialization;

namespace Granary.Core.Sessions.Documents;

/// <summary>Where a session partition is in its life.</summary>
internal enum SessionPhase
{
    Active,
    Completed,

    /// <summary>Being filled by an import: invisible.</summary>
    Importing,

    /// <summary>Being erased: gone for callers, finished by maintenance if need be.</summary>
    Deleting,
}

/// <summary>The head document of a session: what does not follow from its appends.</summary>
internal sealed record SessionHead
{
    /// <summary>The most that the head takes, in bytes.</summary>
    public const int MaxBytes = 4_096;

    [JsonPropertyName("v")]
    [JsonPropertyOrder(-1)]
    public int Version { get; init; } = 1;

    public required SessionPhase Phase { get; init; }

    /// <summary>Tells this session from an erased one of the same id.</summary>
    public required string Incarnation { get; init; }

    public required string AgentId { get; init; }

    public required string Resource { get; init; }

    public required long ResourceRevision { get; init; }

    public int Epoch { get; init; } = 1;

    public required DateTimeOffset StartTime { get; init; }

    public DateTimeOffset? EndTime { get; init; }

    public string? PreviousSessionId { get; init; }

    /// <summary>The life of the user that the session belongs to; null for the first.</summary>
    public string? Life { get; init; }

    /// <summary>The session in words, made when it ended.</summary>
    public string? Summary { get; init; }

    public IReadOnlyList<string>? Topics { get; init; }

    /// <summary>The number of the last outbox entry that was written.</summary>
    public long Outbox { get; init; }

    /// <summary>The import that fills the session.</summary>
    public string? ImportId { get; init; }

    /// <summary>How far the session was reflected on; null where it was not yet.</summary>
    public ReflectionProgress? Reflection { get; init; }

    /// <summary>The head with its summary cut, at a sentence if possible, so that it stays within <see cref="MaxBytes"/>.</summary>
    public SessionHead Fitted()
    {
        var fitted = this with { Topics = Topics is null ? null : [.. Topics.Take(5).Select(t => t.Length <= 64 ? t : t[..64])] };
        while (fitted.Summary is { Length: > 0 } summary && fitted.Encode().Length > MaxBytes)
        {
            fitted = fitted with { Summary = Shorter(summary) };
        }

        while (fitted.Reflection is { Summary.Length: > 0 } reflection && fitted.Encode().Length > MaxBytes)
        {
            fitted = fitted with { Reflection = reflection with { Summary = Shorter(reflection.Summary) } };
        }

        return fitted;
    }

    private static string Shorter(string summary)
    {
        var cut = summary.Length * 3 / 4;
        var sentence = summary.LastIndexOf(". ", cut, StringComparison.Ordinal);
        cut = sentence > cut / 2 ? sentence + 1 : cut;
        cut -= cut > 0 && char.IsHighSurrogate(summary[cut - 1]) ? 1 : 0;
        return summary[..cut];
    }

    public byte[] Encode() => JsonSerializer.SerializeToUtf8Bytes(this, SessionJson.Documents.SessionHead);

    public static SessionHead Decode(ReadOnlySpan<byte> body) => DocumentJson.Decode(body, SessionJson.Documents.SessionHead);
}
