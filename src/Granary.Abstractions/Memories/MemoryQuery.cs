using System.Text.Json;

namespace Granary;

/// <summary>Which memories are meant. Everything that is given must hold; no part is ever relaxed.</summary>
public sealed record MemoryFilter
{
    /// <summary>Only those of this agent.</summary>
    public string? AgentId { get; init; }

    /// <summary>Only records of these kinds; null or empty for all. Given kinds leave turns out.</summary>
    public IReadOnlyList<MemoryKind>? Kinds { get; init; }

    /// <summary>Only records of these categories; null or empty for all.</summary>
    public IReadOnlyList<string>? Categories { get; init; }

    /// <summary>Only turns of, and records from, this session.</summary>
    public string? SessionId { get; init; }

    /// <summary>Only messages of this role, leaving records out.</summary>
    public MessageRole? Role { get; init; }

    /// <summary>Only what happened (or else was stored) at this time or later.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Only what happened (or else was stored) before this time.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>
    /// Only those whose metadata meet a condition: an object whose members must all hold. A member is a metadata name (dots lead into objects) with the
    /// value it must have, or with an object of <c>eq, ne, in, nin, gt, gte, lt, lte, contains, icontains, exists</c>; <c>AND</c> and <c>OR</c> take
    /// arrays of conditions, <c>NOT</c> takes a condition or an array of which none may hold. A name that is missing meets only <c>ne</c>, <c>nin</c> and
    /// <c>exists: false</c>; <c>*</c> as value stands for any that is there.
    /// </summary>
    public JsonElement? Metadata { get; init; }
}

/// <summary>Which of a user's records to list, the youngest (by storing) first.</summary>
public sealed record MemoryQuery
{
    /// <summary>Only these.</summary>
    public MemoryFilter Filter { get; init; } = new();

    /// <summary>The states that are listed; null for active and expiring.</summary>
    public IReadOnlyList<MemoryState>? States { get; init; }

    /// <summary>How many at the most, 1 to <see cref="MemoryLimits.MaxPage"/>.</summary>
    public int Limit { get; init; } = 100;

    /// <summary>Records to pass over first, 0 or more. Not together with <see cref="After"/>.</summary>
    public int Offset { get; init; }

    /// <summary><see cref="MemoryPage.Next"/> of the page before.</summary>
    public string? After { get; init; }
}

/// <summary>A page of a user's records.</summary>
/// <param name="Memories">The records.</param>
/// <param name="Total">How many the filter selects in all.</param>
/// <param name="Next">What to pass as <see cref="MemoryQuery.After"/> for the next page, or null at the end.</param>
public sealed record MemoryPage(IReadOnlyList<MemoryRecord> Memories, int Total, string? Next);
