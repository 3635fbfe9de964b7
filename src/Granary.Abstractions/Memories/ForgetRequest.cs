namespace Granary;

/// <summary>Which records to forget. Pinned ones never are. At least one of the policies must be given.</summary>
public sealed record ForgetRequest
{
    /// <summary>Only these.</summary>
    public MemoryFilter Filter { get; init; } = new();

    /// <summary>Those stored more than so many days ago, 1 or more.</summary>
    public int? MaxAgeDays { get; init; }

    /// <summary>Those not used or changed for so many days, 1 or more.</summary>
    public int? MaxInactiveDays { get; init; }

    /// <summary>Those beyond so many that are kept, 0 or more: the ones of the least retention score.</summary>
    public int? Keep { get; init; }

    /// <summary>Those whose retention score is below, 0 or more.</summary>
    public double? MinRetention { get; init; }

    /// <summary>Whether the filter alone selects: needed to forget without one of the policies above.</summary>
    public bool All { get; init; }

    /// <summary>Whether they are archived in place of deleted.</summary>
    public bool Archive { get; init; }

    /// <summary>Whether only to say what would be forgotten.</summary>
    public bool DryRun { get; init; }

    /// <summary>Why, for the history.</summary>
    public string? Reason { get; init; }
}

/// <summary>What was forgotten, or would be.</summary>
/// <param name="Forgotten">How many.</param>
/// <param name="MemoryIds">The first 1,000 of their ids.</param>
/// <param name="Kept">Records that the filter selects and that stay.</param>
/// <param name="DryRun">Whether nothing was changed.</param>
public sealed record ForgetResult(int Forgotten, IReadOnlyList<string> MemoryIds, int Kept, bool DryRun);
