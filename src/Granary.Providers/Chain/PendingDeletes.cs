using System.Security.Cryptography;
using System.Text;
using Granary.Core.Storage;

namespace Granary.Providers.Chain;

/// <summary>
/// Deletes that could not be carried out at a provider, by user: a partition each, which is due as long as there are any. What is to be deleted is
/// answered no more meanwhile.
/// </summary>
internal sealed class PendingDeletes(IPartitionStore store, TimeProvider time)
{
    /// <summary>What stands before the first slash of the partitions' ids.</summary>
    public const string Kind = "providerdeletes";

    /// <summary>How soon, and how often, an open delete is tried again.</summary>
    public static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(30);

    private const string Prefix = "d:";

    /// <summary>The partition of a user.</summary>
    public static string PartitionOf(UserKey user) => $"{Kind}/{user.Tenant}/{user.User}";

    /// <summary>The user of a partition.</summary>
    public static UserKey UserOf(string partition)
    {
        var parts = partition.Split('/');
        return new UserKey(parts[1], parts[2]);
    }

    /// <summary>What is open of a user.</summary>
    /// <exception cref="UnavailableException">The store failed.</exception>
    public async Task<OpenDeletes> ReadAsync(UserKey user, CancellationToken cancellationToken)
    {
        var (_, deletes) = await ReadAsync(PartitionOf(user), cancellationToken).ConfigureAwait(false);
        return deletes.Count == 0 ? OpenDeletes.None : new OpenDeletes(deletes.Values);
    }

    /// <summary>Notes what is to be deleted.</summary>
    /// <param name="user">The user.</param>
    /// <param name="memoryId">The memory; null for all of the user.</param>
    /// <param name="providers">Where.</param>
    /// <exception cref="UnavailableException">The store failed.</exception>
    public async Task NoteAsync(UserKey user, string? memoryId, IReadOnlyList<string> providers)
    {
        var now = time.GetUtcNow();
        var notes = providers
            .Select(provider => new PendingDelete { Provider = provider, MemoryId = memoryId, RequestedAt = now })
            .Select(note => DocumentWrite.Put(IdOf(note), note.Encode()))
            .ToList();
        ProvidersInstruments.DeleteDeferred(notes.Count);
        foreach (var writes in notes.Chunk(StorageLimits.MaxDocumentsPerCommit))
        {
            await CommitAsync(PartitionOf(user), writes, now + RetryInterval).ConfigureAwait(false);
        }
    }

    /// <summary>Forgets all that is open of a user.</summary>
    /// <exception cref="UnavailableException">The store failed.</exception>
    public async Task ForgetAsync(UserKey user, CancellationToken cancellationToken)
    {
        var partition = PartitionOf(user);
        while (true)
        {
            var page = await StoreCalls.GuardAsync(
                () => store.ReadAsync(partition, DocumentRange.Prefix(Prefix) with { Limit = 1 }, cancellationToken).AsTask()).ConfigureAwait(false);
            if (page.Version == PartitionVersion.None
                || await StoreCalls.GuardAsync(() => store.DeleteAsync(partition, page.Version, cancellationToken).AsTask()).ConfigureAwait(false))
            {
                return;
            }
        }
    }

    /// <summary>Tries all that is open in a partition.</summary>
    /// <param name="partition">The partition.</param>
    /// <param name="carryOut">Does one; says whether it is done with.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="UnavailableException">The store failed.</exception>
    public async Task WorkAsync(string partition, Func<PendingDelete, Task<bool>> carryOut, CancellationToken cancellationToken)
    {
        var (version, deletes) = await ReadAsync(partition, cancellationToken).ConfigureAwait(false);
        var done = new List<string>();
        var failed = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (id, delete) in deletes)
        {
            // One provider that does not answer is not asked again for each of its deletes.
            if (!failed.Contains(delete.Provider) && await carryOut(delete).ConfigureAwait(false))
            {
                done.Add(id);
            }
            else
            {
                failed.Add(delete.Provider);
            }
        }

        if (done.Count == deletes.Count
            && await StoreCalls.GuardAsync(() => store.DeleteAsync(partition, version, cancellationToken).AsTask()).ConfigureAwait(false))
        {
            return;
        }

        // If others came meanwhile, all is tried again: one of them may be the same delete, asked for anew.
        var next = time.GetUtcNow() + RetryInterval;
        foreach (var ids in done.Chunk(StorageLimits.MaxDocumentsPerCommit).DefaultIfEmpty([]))
        {
            var commit = new PartitionCommit { Partition = partition, Expected = version, Writes = [.. ids.Select(DocumentWrite.Delete)], DueAt = next };
            var result = await StoreCalls.GuardAsync(() => store.CommitAsync(commit, cancellationToken).AsTask()).ConfigureAwait(false);
            if (result.Status != CommitStatus.Committed)
            {
                return;
            }

            version = result.Version;
        }
    }

    // Names and ids together may be longer than an id of a document.
    private static string IdOf(PendingDelete delete) =>
        Prefix + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{delete.Provider}\n{delete.MemoryId}")));

    private async Task CommitAsync(string partition, IReadOnlyList<DocumentWrite> writes, DateTimeOffset dueAt)
    {
        for (var round = 1; round <= StoreCalls.MaxRounds; round++)
        {
            var page = await StoreCalls.GuardAsync(
                () => store.ReadAsync(partition, DocumentRange.Prefix(Prefix) with { Limit = 1 }, CancellationToken.None).AsTask()).ConfigureAwait(false);
            var commit = new PartitionCommit { Partition = partition, Expected = page.Version, Writes = writes, DueAt = dueAt, Recreate = true };
            var result = await StoreCalls.GuardAsync(() => store.CommitAsync(commit, CancellationToken.None).AsTask()).ConfigureAwait(false);
            if (result.Status == CommitStatus.Committed)
            {
                return;
            }
        }

        throw StoreCalls.Contended();
    }

    private async Task<(PartitionVersion Version, Dictionary<string, PendingDelete> Deletes)> ReadAsync(string partition, CancellationToken cancellationToken)
    {
        while (true)
        {
            var deletes = new Dictionary<string, PendingDelete>(StringComparer.Ordinal);
            var version = default(PartitionVersion?);
            DocumentRange? range = DocumentRange.Prefix(Prefix);
            while (range is { } next)
            {
                var page = await StoreCalls.GuardAsync(() => store.ReadAsync(partition, next, cancellationToken).AsTask()).ConfigureAwait(false);
                if (version is not null && version != page.Version)
                {
                    // Changed between two pages.
                    version = null;
                    break;
                }

                version = page.Version;
                foreach (var document in page.Documents)
                {
                    deletes[document.Id] = PendingDelete.Decode(document.Body.Span);
                }

                range = page.Next is null ? null : next with { From = page.Next };
            }

            if (version is { } seen)
            {
                return (seen, deletes);
            }
        }
    }
}

/// <summary>What is still to be deleted of a user.</summary>
internal sealed class OpenDeletes(IEnumerable<PendingDelete> deletes)
{
    /// <summary>Nothing.</summary>
    public static readonly OpenDeletes None = new([]);

    private readonly HashSet<(string Provider, string? MemoryId)> _open = [.. deletes.Select(delete => (delete.Provider, delete.MemoryId))];

    /// <summary>Whether anything is.</summary>
    public bool Any => _open.Count > 0;

    /// <summary>Whether all of the user is to be deleted at a provider.</summary>
    public bool HoldsAll(string provider) => _open.Contains((provider, null));

    /// <summary>Whether a memory is to be deleted at a provider.</summary>
    public bool Holds(string provider, string memoryId) => HoldsAll(provider) || _open.Contains((provider, memoryId));
}
