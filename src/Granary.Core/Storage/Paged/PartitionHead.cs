using System.Collections.Immutable;

namespace Granary.Core.Storage.Paged;

/// <summary>What a head says of its partition.</summary>
internal enum HeadState : byte
{
    /// <summary>It lives.</summary>
    Live,

    /// <summary>It is erased and its pages are being removed.</summary>
    Erasing,

    /// <summary>It is erased and its pages are gone.</summary>
    Tombstone,

    /// <summary>It does not exist, but pages for its first commit may: the numbers of their flushes must be known before they are written.</summary>
    Reserved,
}

/// <summary>A document that is in the head and not yet in a page.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Body">Its body, or that it was removed.</param>
/// <param name="Appended">Whether its id was the greatest of its prefix when it was written, and it has not changed since.</param>
/// <param name="Order">Greater than that of all written before.</param>
internal readonly record struct TailDocument(string Id, StoredBody Body, bool Appended, long Order)
{
    public int Weight => Id.Length + Body.Weight + 8;
}

/// <summary>A page and what is below it.</summary>
/// <param name="First">The smallest id in it.</param>
/// <param name="Last">The greatest.</param>
/// <param name="Page">Its name.</param>
/// <param name="Documents">How many documents (or pages, for an index) it holds.</param>
/// <param name="Bytes">Their bytes.</param>
/// <param name="Blobs">Whether a body in it has pages of its own.</param>
internal sealed record PageRef(string First, string Last, PageId Page, int Documents, int Bytes, bool Blobs);

/// <summary>What kind of leftover a <see cref="Garbage"/> is.</summary>
internal enum GarbageKind : byte
{
    /// <summary>One page.</summary>
    Page,

    /// <summary>A page that lists garbage, and all that it lists.</summary>
    List,

    /// <summary>All pages of a flush that no head names.</summary>
    Flush,
}

/// <summary>Pages to be removed once nobody can read by an older head.</summary>
internal readonly record struct Garbage(GarbageKind Kind, PageId Page, DateTimeOffset Since);

/// <summary>The number of the next flush as it was at a time.</summary>
internal readonly record struct FlushMark(long Flush, DateTimeOffset At);

/// <summary>The entry of the due list that the partition relies on.</summary>
internal sealed record ListedDue(DateTimeOffset At, string Key);

/// <summary>
/// A partition's head record: the only commit point. Immutable. Holds the newest documents, where the others are, and all that must
/// change in one step.
/// </summary>
internal sealed record PartitionHead
{
    /// <summary>The name of the record.</summary>
    public const string Record = "head";

    /// <summary>How many <see cref="Tokens"/> are kept.</summary>
    public const int TokenCount = 16;

    public HeadState State { get; init; }

    /// <summary>The version, also of an erased partition: it goes on counting when that is made anew.</summary>
    public required long Version { get; init; }

    /// <summary>The random numbers of the calls that wrote the last versions, the latest last: tell a call whether it was it that won.</summary>
    public ImmutableArray<long> Tokens { get; init; } = [];

    public DateTimeOffset? DueAt { get; init; }

    public ListedDue? Listed { get; init; }

    public DateTimeOffset? ErasedAt { get; init; }

    /// <summary>
    /// The number of the next flush; every page that the head names has a lower one. It begins with the first version, so that the pages of
    /// two lives with a purge between them have different names.
    /// </summary>
    public long NextFlush { get; init; }

    /// <summary>When the last flush was committed.</summary>
    public DateTimeOffset FlushedAt { get; init; }

    /// <summary>What <see cref="NextFlush"/> was at least <see cref="PagedLimits.MaxHeadAge"/> ago (or at the beginning).</summary>
    public FlushMark OldMark { get; init; }

    /// <summary>What it was when that time began to run anew.</summary>
    public FlushMark NewMark { get; init; }

    public long NextOrder { get; init; }

    /// <summary>The newest documents, ordered by id; each covers what a page holds under its id.</summary>
    public ImmutableArray<TailDocument> Tail { get; init; } = [];

    /// <summary>Levels of index pages between <see cref="Root"/> and the pages of documents.</summary>
    public int Level { get; init; }

    /// <summary>The pages, ordered by id; their ranges do not overlap.</summary>
    public ImmutableArray<PageRef> Root { get; init; } = [];

    /// <summary>What is to be removed, the oldest first.</summary>
    public ImmutableArray<Garbage> Garbage { get; init; } = [];

    /// <summary>When maintenance should look, be it alive or not.</summary>
    public DateTimeOffset? EffectiveDue => State is HeadState.Live ? DueAt : ErasedAt + StorageLimits.TombstoneLifetime;

    /// <summary>Whether it is erased, even if its pages are not gone yet.</summary>
    public bool IsErased => State is HeadState.Erasing or HeadState.Tombstone;

    public ImmutableArray<long> TokensAnd(long token) =>
        Tokens.Length < TokenCount ? Tokens.Add(token) : Tokens.RemoveAt(0).Add(token);

    /// <summary>Moves the marks along, so that the old one is never younger than the age and there is always one.</summary>
    public PartitionHead Marked(DateTimeOffset now, TimeSpan age) => now - NewMark.At < age
        ? this
        : this with { OldMark = NewMark, NewMark = new FlushMark(NextFlush, now) };
}
