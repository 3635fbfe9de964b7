using System.Text.Json.Serialization;
using Granary.Serialization;

namespace Granary;

/// <summary>A session as its user's list shows it.</summary>
public sealed record SessionListing
{
    /// <summary>The session.</summary>
    public required string SessionId { get; init; }

    /// <summary>Its agent.</summary>
    public required string AgentId { get; init; }

    /// <summary>Where it is in its life.</summary>
    public required SessionStatus Status { get; init; }

    /// <summary>When it began.</summary>
    public required DateTimeOffset StartTime { get; init; }

    /// <summary>When it ended, or null.</summary>
    public DateTimeOffset? EndTime { get; init; }

    /// <summary>When its last message was stored, or else when it began.</summary>
    public required DateTimeOffset LastUpdated { get; init; }

    /// <summary>Its turns.</summary>
    public required int TurnCount { get; init; }

    /// <summary>The sequence of its last message.</summary>
    public required long LastSequence { get; init; }

    /// <summary>The session in words: its final summary, or what was folded so far.</summary>
    public required string CumulativeSummary { get; init; }

    /// <summary>The words that it is about.</summary>
    public required IReadOnlyList<string> Topics { get; init; }

    /// <summary>The session that it follows, or null.</summary>
    public string? PreviousSessionId { get; init; }

    /// <summary>Whether it was reflected on, and brought an insight.</summary>
    public ReflectionStatus ReflectionStatus { get; init; }
}

/// <summary>How far the reflection on a session is.</summary>
[JsonConverter(typeof(KebabCaseEnumConverter<ReflectionStatus>))]
public enum ReflectionStatus
{
    /// <summary>There are messages that were not reflected on.</summary>
    Pending,

    /// <summary>All of it was, and it brought insights.</summary>
    Processed,

    /// <summary>All of it was, and it brought no insight.</summary>
    NoInsight,
}

/// <summary>A page of a user's sessions, the youngest first.</summary>
/// <param name="Sessions">The sessions.</param>
/// <param name="Next">What to pass as <see cref="SessionQuery.After"/> for the next page, or null at the end.</param>
public sealed record SessionPage(IReadOnlyList<SessionListing> Sessions, string? Next);
