namespace Granary.Core.Users.Records;

/// <summary>How the rows of records are stored. Others than the defaults are for tests; <see cref="PageNumbers"/> must never change for data that exist.</summary>
internal sealed record RecordLimits
{
    /// <summary>The numbers of records that one page of rows, and one of postings, is for.</summary>
    public int PageNumbers { get; init; } = 512;

    /// <summary>Bytes of the changes that are kept with the counters; more become a document of their own.</summary>
    public int OpenBytes { get; init; } = 2_048;

    /// <summary>Changes that are logged before pages are written, at the least: a part of the records that there are, if that is more.</summary>
    public int LoggedAtLeast { get; init; } = 1_024;

    /// <summary>What part of the records may have a logged change: one in so many.</summary>
    public int LoggedShare { get; init; } = 8;

    /// <summary>What part of the records may have another text or other attributes than the page of postings knows: one in so many.</summary>
    public int ChangedShare { get; init; } = 32;

    /// <summary>How long after the removal of a record the pages that told of it are written anew: so that many removals share the work.</summary>
    public TimeSpan SweepAfter { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The first number of the page that a record is in.</summary>
    public long PageOf(long number) => number - ((number - 1) % PageNumbers);
}
