namespace Granary.Core.Storage;

/// <summary>How a commit ended. All but <see cref="Committed"/> mean that nothing was written.</summary>
public enum CommitStatus
{
    /// <summary>The writes are durable.</summary>
    Committed,

    /// <summary>The partition has another version than the expected one: somebody else wrote. Load it again.</summary>
    Conflict,

    /// <summary>A document to be inserted exists.</summary>
    DocumentExists,

    /// <summary>The partition is erased and the commit does not say <see cref="PartitionCommit.Recreate"/>.</summary>
    Erased,
}

/// <summary>The outcome of a commit.</summary>
/// <param name="Status">How it ended.</param>
/// <param name="Version">The new version when committed, otherwise <see cref="PartitionVersion.None"/>.</param>
public readonly record struct CommitResult(CommitStatus Status, PartitionVersion Version);
