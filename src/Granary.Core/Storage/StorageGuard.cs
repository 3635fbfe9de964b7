using System.Buffers;

namespace Granary.Core.Storage;

/// <summary>What every store refuses before it writes or reads anything, in one place so that all refuse the same.</summary>
public static class StorageGuard
{
    private static readonly SearchValues<char> DocumentIdCharacters =
        SearchValues.Create("-0123456789:ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    /// <summary>Checks a commit against <see cref="StorageLimits"/> and the grammars of ids.</summary>
    /// <returns>The bytes of its ids and bodies together.</returns>
    /// <exception cref="ArgumentException">The commit breaks a limit; the message says which.</exception>
    public static int CheckCommit(PartitionCommit commit)
    {
        ArgumentNullException.ThrowIfNull(commit);
        CheckPartition(commit.Partition);
        var writes = commit.Writes ?? throw new ArgumentException("A commit needs a list of writes, if only an empty one.", nameof(commit));
        if (writes.Count > StorageLimits.MaxDocumentsPerCommit)
        {
            throw new ArgumentException(
                $"A commit writes at most {StorageLimits.MaxDocumentsPerCommit} documents, this one {writes.Count}.", nameof(commit));
        }

        var bytes = 0L;
        for (var i = 0; i < writes.Count; i++)
        {
            var write = writes[i];
            CheckWrite(write);
            for (var earlier = 0; earlier < i; earlier++)
            {
                if (string.Equals(writes[earlier].Id, write.Id, StringComparison.Ordinal))
                {
                    throw new ArgumentException($"A commit writes each document once, this one writes '{write.Id}' twice.", nameof(commit));
                }
            }

            bytes += write.Id.Length + write.Body.Length;
        }

        if (bytes > StorageLimits.MaxBytesPerCommit)
        {
            throw new ArgumentException(
                $"A commit holds at most {StorageLimits.MaxBytesPerCommit} bytes of ids and bodies, this one {bytes}.", nameof(commit));
        }

        return (int)bytes;
    }

    /// <summary>Checks a partition's id: 1 to <see cref="StorageLimits.MaxPartitionIdLength"/> characters of visible ASCII.</summary>
    /// <exception cref="ArgumentException">It is not one.</exception>
    public static void CheckPartition(string partition)
    {
        ArgumentException.ThrowIfNullOrEmpty(partition);
        if (partition.Length > StorageLimits.MaxPartitionIdLength || partition.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            throw new ArgumentException(
                $"A partition's id is 1 to {StorageLimits.MaxPartitionIdLength} characters of visible ASCII.", nameof(partition));
        }
    }

    /// <summary>Checks a document's id: 1 to <see cref="StorageLimits.MaxDocumentIdLength"/> letters, digits, <c>:</c> and <c>-</c>.</summary>
    /// <exception cref="ArgumentException">It is not one.</exception>
    public static void CheckDocument(string id)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        if (id.Length > StorageLimits.MaxDocumentIdLength || id.AsSpan().ContainsAnyExcept(DocumentIdCharacters))
        {
            throw new ArgumentException(
                $"A document's id is 1 to {StorageLimits.MaxDocumentIdLength} ASCII letters, digits, ':' and '-'.", nameof(id));
        }
    }

    /// <summary>Checks the ids of a <see cref="IPartitionStore.GetAsync"/>.</summary>
    /// <exception cref="ArgumentException">There are too many, or one is not a document's id.</exception>
    public static void CheckDocuments(IReadOnlyList<string> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        if (ids.Count > StorageLimits.MaxIdsPerGet)
        {
            throw new ArgumentException($"At most {StorageLimits.MaxIdsPerGet} documents are read by id at once, not {ids.Count}.", nameof(ids));
        }

        for (var i = 0; i < ids.Count; i++)
        {
            CheckDocument(ids[i]);
        }
    }

    /// <summary>Checks a range: bounds of ASCII, which need not be ids of documents, and the limit of a page.</summary>
    /// <exception cref="ArgumentException">A bound is missing or not ASCII, or the limit is out of range.</exception>
    public static void CheckRange(DocumentRange range)
    {
        CheckBound(range.From, nameof(DocumentRange.From));
        CheckBound(range.To, nameof(DocumentRange.To));
        CheckBound(range.Floor ?? string.Empty, nameof(DocumentRange.Floor));
        if (range.Limit is < 1 or > StorageLimits.MaxDocumentsPerPage)
        {
            throw new ArgumentException($"A page holds 1 to {StorageLimits.MaxDocumentsPerPage} documents, not {range.Limit}.", nameof(range));
        }
    }

    /// <summary>Checks the arguments of a <see cref="IPartitionStore.DueAsync"/>.</summary>
    /// <exception cref="ArgumentException">The shard does not exist, or nothing is asked for.</exception>
    public static void CheckDue(int shard, int max)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(shard);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(shard, PartitionShard.Count);
        ArgumentOutOfRangeException.ThrowIfLessThan(max, 1);
    }

    private static void CheckWrite(DocumentWrite write)
    {
        CheckDocument(write.Id);
        if (write.Kind is not (WriteKind.Put or WriteKind.Insert or WriteKind.Delete))
        {
            throw new ArgumentException($"There is no write of kind {(int)write.Kind}.", nameof(write));
        }

        if (write.Kind is WriteKind.Delete && !write.Body.IsEmpty)
        {
            throw new ArgumentException($"The removal of '{write.Id}' has a body.", nameof(write));
        }
    }

    private static void CheckBound(string? bound, string name)
    {
        // One character more than an id: the end of a range may be an id with a character behind it.
        if (bound is null || bound.Length > StorageLimits.MaxDocumentIdLength + 1 || bound.AsSpan().ContainsAnyExceptInRange(' ', '~'))
        {
            throw new ArgumentException($"{name} of a range is at most {StorageLimits.MaxDocumentIdLength + 1} characters of ASCII.", name);
        }
    }
}
