namespace Granary;

/// <summary>The session as a model saw it in one compaction epoch: at its end, or now for the current one.</summary>
public sealed record EpochView
{
    /// <summary>The session.</summary>
    public required string SessionId { get; init; }

    /// <summary>The epoch, from 1.</summary>
    public required int Epoch { get; init; }

    /// <summary>Whether it is the current epoch.</summary>
    public required bool Current { get; init; }

    /// <summary>When the epoch began.</summary>
    public required DateTimeOffset StartTime { get; init; }

    /// <summary>What had been folded before it.</summary>
    public required Snapshot Snapshot { get; init; }

    /// <summary>The first sequence of its raw tail.</summary>
    public required long TailStart { get; init; }

    /// <summary>The last sequence that belongs to the view.</summary>
    public required long LastSequence { get; init; }

    /// <summary>Its messages that were not folded, in order.</summary>
    public required IReadOnlyList<Message> Messages { get; init; }

    /// <summary>The strategy and trigger that made it, for example <c>turn_buffer</c> or <c>clear</c>; null for the first.</summary>
    public string? Cause { get; init; }
}
