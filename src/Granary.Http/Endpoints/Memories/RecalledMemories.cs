using System.Globalization;
using Granary.Wire;

namespace Granary.Http.Endpoints.Memories;

/// <summary>What was found, in the words of answers.</summary>
internal static class RecalledMemories
{
    /// <summary>The kind of a message.</summary>
    public const string Turn = "turn";

    private const string TurnPrefix = Turn + ":";

    /// <summary>A hit.</summary>
    public static RecalledMemory Of(RecallHit hit, string user)
    {
        var memory = hit is { Message: { } message, SessionId: { } session }
            ? Of(message, session, hit.AgentId, user)
            : hit.Record is { } record ? Of(record, user) : throw new InvalidOperationException($"The hit {hit.Id} is neither a message nor a record.");
        return memory with
        {
            Id = hit.Id,
            Content = hit.Content,
            SessionId = hit.SessionId,
            Timestamp = hit.Timestamp,
            SimilarityScore = hit.Score,
            ScoreParts = hit.ScoreParts,
        };
    }

    /// <summary>A message of a session.</summary>
    public static RecalledMemory Of(Message message, string session, string agent, string user) => new()
    {
        Id = IdOf(session, message.Sequence),
        UserId = user,
        Kind = Turn,
        Content = message.Content,
        Metadata = message.Metadata,
        AgentId = agent,
        SessionId = session,
        Sequence = message.Sequence,
        Turn = message.Turn,
        Role = message.Role,
        Name = message.Name,
        Timestamp = message.Timestamp ?? default,
    };

    /// <summary>The id of a message among a user's memories.</summary>
    public static string IdOf(string session, long sequence) => string.Create(CultureInfo.InvariantCulture, $"{TurnPrefix}{session}:{sequence}");

    /// <summary>Whether an id is that of a message, and which.</summary>
    public static bool TryParse(string id, out string session, out long sequence)
    {
        (session, sequence) = ("", 0);
        var last = id.LastIndexOf(':');
        if (!id.StartsWith(TurnPrefix, StringComparison.Ordinal) || last <= TurnPrefix.Length
            || !long.TryParse(id.AsSpan(last + 1), NumberStyles.None, CultureInfo.InvariantCulture, out sequence) || sequence < 1)
        {
            return false;
        }

        session = id[TurnPrefix.Length..last];
        return Ids.IsValid(session);
    }

    private static RecalledMemory Of(MemoryRecord record, string user) => new()
    {
        Id = record.Id,
        UserId = user,
        Kind = NameOf(record.Kind),
        Content = record.Content,
        Metadata = record.Metadata,
        AgentId = record.AgentId,
        Timestamp = record.EventTime ?? record.CreatedAt,
        CreatedAt = record.CreatedAt,
        UpdatedAt = record.UpdatedAt,
        Category = record.Category,
        Label = record.Label,
        Confidence = record.Confidence,
        Importance = record.Importance,
        State = record.State,
        ValidFrom = record.ValidFrom,
        ValidTo = record.ValidTo,
        Sources = record.Sources,
    };

    private static string NameOf(MemoryKind kind) => kind switch
    {
        MemoryKind.Fact => "fact",
        MemoryKind.Insight => "insight",
        MemoryKind.Summary => "summary",
        MemoryKind.Interaction => "interaction",
        _ => "profile",
    };
}
