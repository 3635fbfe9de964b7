namespace Granary.Core.Recall.Lexical;

/// <summary>A stretch of the index, by itself: what a segment's bytes say.</summary>
internal sealed class SegmentData
{
    /// <summary>Sessions and records.</summary>
    public IReadOnlyList<SegmentSource> Sources { get; init; } = [];

    /// <summary>Speakers' names.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];

    /// <summary>Agents.</summary>
    public IReadOnlyList<string> Agents { get; init; } = [];

    /// <summary>Terms.</summary>
    public IReadOnlyList<string> Terms { get; init; } = [];

    /// <summary>Units of older segments that are no more: the number of their source here, and their sequence.</summary>
    public IReadOnlyList<(int Source, long Sequence)> Removed { get; init; } = [];

    /// <summary>The passages in the order in which they came. Numbers in them are places in the lists above, <see cref="UnitEntry.Terms"/> is a place in <see cref="Postings"/>.</summary>
    public IReadOnlyList<UnitEntry> Units { get; init; } = [];

    /// <summary>The terms of all passages with their counts, packed as in <see cref="PostingTable"/>; within a passage ascending.</summary>
    public IReadOnlyList<uint> Postings { get; init; } = [];
}

/// <summary>A session or a record of a segment.</summary>
/// <param name="Id">Its id.</param>
/// <param name="IsSession">Whether it is a session.</param>
/// <param name="Record">What else is known of a record.</param>
internal readonly record struct SegmentSource(string Id, bool IsSession, RecordEntry Record);

/// <summary>A unit by what its caller knows of it.</summary>
/// <param name="Source">The session's or record's id.</param>
/// <param name="IsMessage">Whether it is a message of a session.</param>
/// <param name="Sequence">The message's sequence; 0 for a record.</param>
internal readonly record struct UnitKey(string Source, bool IsMessage, long Sequence);
