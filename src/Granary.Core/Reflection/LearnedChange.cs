namespace Granary.Core.Reflection;

/// <summary>What a session's reflection wants changed in its user's memory; applied once, with the sender's watermark.</summary>
internal sealed record LearnedChange
{
    /// <summary>Add, Update, Delete, or None: it is known, and was used.</summary>
    public required MemoryEvent Event { get; init; }

    /// <summary>The record that is meant; of an addition, the id that it gets, or null for one that the user's memory gives.</summary>
    public string? MemoryId { get; init; }

    /// <summary>
    /// The revision that the record had when it was decided: another since, and an update becomes an addition, a deletion nothing; what was to be known
    /// becomes an addition too, if the record has another text since or is not active any more.
    /// </summary>
    public int? Revision { get; init; }

    /// <summary>Whether an addition replaces the text of the record that is there under its id.</summary>
    public bool Upsert { get; init; }

    /// <summary>How the draft's text came about.</summary>
    public MemoryOrigin Origin { get; init; }

    /// <summary>What is added, or what the record says from now on.</summary>
    public MemoryDraft? Draft { get; init; }

    /// <summary>Why, for the history.</summary>
    public string? Reason { get; init; }
}
