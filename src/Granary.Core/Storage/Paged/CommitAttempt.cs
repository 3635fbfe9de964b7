namespace Granary.Core.Storage.Paged;

/// <summary>What one call of commit has done so far, over all its attempts.</summary>
internal sealed class CommitAttempt(long token)
{
    private long? _version;

    public long Token => token;

    /// <summary>Whether a head may have been written.</summary>
    public bool Began => _version is not null;

    /// <summary>The entry of the due list that it added.</summary>
    public ListedDue? Listed { get; set; }

    /// <summary>When it began to add that entry.</summary>
    public DateTimeOffset ListedSince { get; set; }

    /// <summary>The pages that it wrote.</summary>
    public FlushPlan? Plan { get; set; }

    /// <summary>The numbers of all flushes of which it wrote a page, or may have: another's where it was refused.</summary>
    public List<long> Flushes { get; } = [];

    /// <summary>Those of them that are its own beyond doubt: it wrote their first page.</summary>
    public List<long> OwnFlushes { get; } = [];

    /// <summary>Notes that a head with this version is about to be written.</summary>
    public void Writes(long version) => _version = version;

    /// <summary>
    /// Whether a head that was read after a conflict holds this very commit: some media repeat a write that timed out, and report a conflict
    /// with the first try.
    /// </summary>
    /// <returns>The version of this commit, if it was applied; null if it was not.</returns>
    /// <exception cref="StorageException">So much was written since that it cannot be told.</exception>
    public PartitionVersion? WasApplied(PartitionHead? head)
    {
        if (_version is null || head is null)
        {
            return null;
        }

        var at = head.Tokens.LastIndexOf(token);
        if (at >= 0)
        {
            return new PartitionVersion(head.Version - (head.Tokens.Length - 1 - at));
        }

        return head.Version - _version < PartitionHead.TokenCount || head.Tokens.Length < PartitionHead.TokenCount
            ? null
            : throw new StorageException("The partition was written so often meanwhile that the outcome of this commit is unknown.");
    }
}
