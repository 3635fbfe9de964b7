namespace Granary;

/// <summary>A part of a session that is being imported. Chunks come one after the other, each after the answer to the one before.</summary>
public sealed record SessionImportChunk
{
    /// <summary>Names the import; chunks of another one are refused with <see cref="ConflictException"/>.</summary>
    public required string ImportId { get; init; }

    /// <summary>The records, in the order of the export.</summary>
    public required IReadOnlyList<SessionRecord> Records { get; init; }

    /// <summary>Whether the import begins; its first record is the header.</summary>
    public bool First { get; init; }

    /// <summary>Whether the import ends: the session becomes visible.</summary>
    public bool Final { get; init; }
}
