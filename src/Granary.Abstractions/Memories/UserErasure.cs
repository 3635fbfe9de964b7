using System.Text.Json.Serialization;
using Granary.Serialization;

namespace Granary;

/// <summary>How far the erasure of a user is.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<UserErasureStatus>))]
public enum UserErasureStatus
{
    /// <summary>Under way: the user's sessions and memories answer that they were erased.</summary>
    Running,

    /// <summary>Everything is gone.</summary>
    Completed,
}

/// <summary>The erasure of a user, and its receipt. It holds no text of the user's.</summary>
public sealed record UserErasure
{
    /// <summary>Its id.</summary>
    public required string ErasureId { get; init; }

    /// <summary>The user.</summary>
    public required string UserId { get; init; }

    /// <summary>How far it is.</summary>
    public required UserErasureStatus Status { get; init; }

    /// <summary>When it was asked for.</summary>
    public required DateTimeOffset RequestedAt { get; init; }

    /// <summary>When everything was gone, or null.</summary>
    public DateTimeOffset? CompletedAt { get; init; }

    /// <summary>Sessions removed so far.</summary>
    public int Sessions { get; init; }

    /// <summary>Messages removed so far.</summary>
    public long Messages { get; init; }

    /// <summary>Memory records removed so far, by kind.</summary>
    public IReadOnlyDictionary<string, int> Memories { get; init; } = new Dictionary<string, int>();

    /// <summary>What else of the user was removed so far, by kind (<c>batches</c>).</summary>
    public IReadOnlyDictionary<string, int> Others { get; init; } = new Dictionary<string, int>();

    /// <summary>The sessions that were removed, at most 10,000 of their ids.</summary>
    public IReadOnlyList<string> SessionIds { get; init; } = [];
}

/// <summary>A user's memory in figures.</summary>
public sealed record UserStats
{
    /// <summary>Sessions in the list.</summary>
    public required int Sessions { get; init; }

    /// <summary>Records by state.</summary>
    public required IReadOnlyDictionary<string, int> ByState { get; init; }

    /// <summary>Active records by kind.</summary>
    public required IReadOnlyDictionary<string, int> ByKind { get; init; }

    /// <summary>Active insights by category.</summary>
    public required IReadOnlyDictionary<string, int> ByCategory { get; init; }

    /// <summary>Messages that can be recalled.</summary>
    public required long IndexedMessages { get; init; }

    /// <summary>Messages and records that wait for a vector, and are found by their words until then; null where there is no embedder.</summary>
    public int? PendingVectors { get; init; }

    /// <summary>Mean of the active records' access counts.</summary>
    public required double MeanAccessCount { get; init; }

    /// <summary>When the oldest active record was stored, or null.</summary>
    public DateTimeOffset? Oldest { get; init; }

    /// <summary>When a record was last used, or null.</summary>
    public DateTimeOffset? LastAccess { get; init; }
}
