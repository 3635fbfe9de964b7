using System.Text.Json.Serialization;

namespace Granary;

/// <summary>A line of a session's export. The header comes first, then appends in order, then epochs in order.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(SessionHeaderRecord), "session")]
[JsonDerivedType(typeof(AppendRecord), "append")]
[JsonDerivedType(typeof(EpochRecord), "epoch")]
public abstract record SessionRecord;

/// <summary>The first line: what the session is.</summary>
public sealed record SessionHeaderRecord : SessionRecord
{
    /// <summary>The version of the export's form, 1.</summary>
    public required int Version { get; init; }

    /// <summary>The session.</summary>
    public required string SessionId { get; init; }

    /// <summary>Its user.</summary>
    public required string UserId { get; init; }

    /// <summary>Its agent.</summary>
    public required string AgentId { get; init; }

    /// <summary>Where it is in its life.</summary>
    public required SessionStatus Status { get; init; }

    /// <summary>Its memory resource; one that the importing side does not know becomes the default.</summary>
    public required string Resource { get; init; }

    /// <summary>When it began.</summary>
    public required DateTimeOffset StartTime { get; init; }

    /// <summary>When it ended, or null.</summary>
    public DateTimeOffset? EndTime { get; init; }

    /// <summary>The session that it follows, or null.</summary>
    public string? PreviousSessionId { get; init; }

    /// <summary>The epoch at the time of the export.</summary>
    public required int Epoch { get; init; }

    /// <summary>The last sequence at the time of the export.</summary>
    public required long LastSequence { get; init; }

    /// <summary>The summary made when it ended, or null.</summary>
    public string? Summary { get; init; }

    /// <summary>The topics found when it ended, or null.</summary>
    public IReadOnlyList<string>? Topics { get; init; }
}

/// <summary>One append: its messages, and what recognises a repeat of it.</summary>
public sealed record AppendRecord : SessionRecord
{
    /// <summary>The messages with their sequences and turns.</summary>
    public required IReadOnlyList<Message> Messages { get; init; }

    /// <summary>Hash of the idempotency key (hexadecimal), or null if the append had none.</summary>
    public string? KeyHash { get; init; }

    /// <summary>Hash of the content (hexadecimal) that goes with <see cref="KeyHash"/>.</summary>
    public string? ContentHash { get; init; }

    /// <summary>The first message of the answer that the append took the place of, or null.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Supersedes { get; init; }
}

/// <summary>One compaction epoch after the first.</summary>
public sealed record EpochRecord : SessionRecord
{
    /// <summary>The epoch, from 2.</summary>
    public required int Epoch { get; init; }

    /// <summary>When it began.</summary>
    public required DateTimeOffset StartTime { get; init; }

    /// <summary>What had been folded.</summary>
    public required Snapshot Snapshot { get; init; }

    /// <summary>The first sequence of its raw tail.</summary>
    public required long TailStart { get; init; }

    /// <summary>Messages before the tail that stay in the view, in order.</summary>
    public required IReadOnlyList<KeptRecord> Kept { get; init; }

    /// <summary>The last sequence when the epoch began.</summary>
    public required long AtSequence { get; init; }

    /// <summary>The strategy that made it.</summary>
    public required string Cause { get; init; }
}

/// <summary>Messages of one append that stay in the view of an epoch.</summary>
/// <param name="Document">The first sequence of the append.</param>
/// <param name="Sequences">The messages that stay.</param>
public sealed record KeptRecord(long Document, IReadOnlyList<long> Sequences);
