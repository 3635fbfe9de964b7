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

    /// <summary>Memories of a user that may be to be deleted at a time, counted once for each provider.</summary>
    public const int MaxOpen = 500;

    private const string Prefix = "d:";

    /// <summary>The partition of a user.</summary>
    public static string PartitionOf(UserKey user) => $"{Kind}/{user.Tenant}/{user.User}";

    /// <summary>The user of a partition.</summary>
    public static UserKey UserOf(string partition)
    {
        var parts = partition.Split('/');
        return new UserKey(parts[1], parts[2]);
    }

    /// <summary>What is open of a user: at most <see cref="MaxOpen"/> memories, and the erasures.</summary>
    /// <exception cref="UnavailableException">The store failed.</exception>
    public async Task<OpenDeletes> ReadAsync(UserKey user, CancellationToken cancellationToken)
    {
        var (_, deletes) = await ReadAsync(PartitionOf(user), cancellationToken).ConfigureAwait(false);
        return deletes.Count == 0 ? OpenDeletes.None : new OpenDeletes(deletes.Values);
    }

    /// <summary>What is open of one memory of a user.</summary>
    /// <param name="user">The user.</param>
    /// <param name="memoryId">The memory.</param>
    /// <param name="providers">The providers that matter.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="UnavailableException">The store failed.</exception>
    public async Task<OpenDeletes> ReadAsync(UserKey user, string memoryId, IEnumerable<string> providers, CancellationToken cancellationToken)
    {
        var open = new List<PendingDelete>();
        foreach (var ids in providers.SelectMany(provider => (string[])[IdOf(provider, memoryId), IdOf(provider, null)]).Chunk(StorageLimits.MaxIdsPerGet))
        {
            var page = await StoreCalls.GuardAsync(() => store.GetAsync(PartitionOf(user), ids, cancellationToken).AsTask()).ConfigureAwait(false);
            open.AddRange(page.Documents.Select(document => PendingDelete.Decode(document.Body.Span)));
        }

        return open.Count == 0 ? OpenDeletes.None : new OpenDeletes(open);
    }

    /// <summary>Notes what is to be deleted.</summary>
    /// <param name="user">The user.</param>
    /// <param name="memoryId">The memory; null for all of the user.</param>
    /// <param name="members">Where.</param>
    /// <returns>Whether it is noted; false: <see cref="MaxOpen"/> memories of the user are to be deleted already. An erasure is always noted.</returns>
    /// <exception cref="UnavailableException">The store failed.</exception>
    public async Task<bool> NoteAsync(UserKey user, string? memoryId, IReadOnlyList<ChainMember> members)
    {
        var now = time.GetUtcNow();
        var notes = members.Select(
            member => new PendingDelete { Provider = member.Name, Registered = !member.FromSettings, MemoryId = memoryId, RequestedAt = now });
        foreach (var some in notes.Chunk(StorageLimits.MaxDocumentsPerCommit))
        {
            if (!await CommitAsync(PartitionOf(user), some, now + RetryInterval).ConfigureAwait(false))
            {
                return false;
            }

            ProvidersInstruments.DeleteDeferred(some.Length);
        }

        return true;
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

    /// <summary>
    /// Tries all that is open in a partition, beginning anywhere: one that takes all the time there is keeps the same others back only now and then. What
    /// is done is noted as it goes, and when the work is cut off.
    /// </summary>
    /// <param name="partition">The partition.</param>
    /// <param name="carryOut">Does one.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="UnavailableException">The store failed.</exception>
    public async Task WorkAsync(string partition, Func<PendingDelete, Task<DeleteOutcome>> carryOut, CancellationToken cancellationToken)
    {
        var (_, deletes) = await ReadAsync(partition, cancellationToken).ConfigureAwait(false);
        var first = deletes.Count == 0 ? 0 : Random.Shared.Next(deletes.Count);
        var done = new List<KeyValuePair<string, PendingDelete>>();
        var away = new HashSet<string>(StringComparer.Ordinal);
        try
        {
            foreach (var delete in deletes.Skip(first).Concat(deletes.Take(first)))
            {
                // One provider that does not answer is not asked again for each of its deletes.
                if (away.Contains(delete.Value.Provider))
                {
                    continue;
                }

                cancellationToken.ThrowIfCancellationRequested();
                switch (await carryOut(delete.Value).ConfigureAwait(false))
                {
                    case DeleteOutcome.Done:
                        done.Add(delete);
                        break;
                    case DeleteOutcome.Away:
                        away.Add(delete.Value.Provider);
                        break;
                    default:
                        break;
                }

                if (done.Count == StorageLimits.MaxDocumentsPerCommit)
                {
                    await SettleAsync(partition, done).ConfigureAwait(false);
                    done.Clear();
                }
            }
        }
        finally
        {
            await SettleAsync(partition, done).ConfigureAwait(false);
        }
    }

    // Names and ids together may be longer than an id of a document.
    private static string IdOf(string provider, string? memoryId) =>
        Prefix + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{provider}\n{memoryId}")));

    /// <summary>Takes out what is done, but for what was asked for anew meanwhile, and says when the rest is tried again.</summary>
    private async Task SettleAsync(string partition, IReadOnlyList<KeyValuePair<string, PendingDelete>> done)
    {
        for (var round = 1; round <= StoreCalls.MaxRounds; round++)
        {
            var (version, open) = await ReadAsync(partition, CancellationToken.None).ConfigureAwait(false);
            var over = done.Where(delete => open.GetValueOrDefault(delete.Key) == delete.Value).Select(delete => delete.Key).ToList();
            if (over.Count == open.Count)
            {
                if (await StoreCalls.GuardAsync(() => store.DeleteAsync(partition, version, CancellationToken.None).AsTask()).ConfigureAwait(false))
                {
                    return;
                }

                continue;
            }

            var commit = new PartitionCommit
            {
                Partition = partition,
                Expected = version,
                Writes = [.. over.Select(DocumentWrite.Delete)],
                DueAt = time.GetUtcNow() + RetryInterval,
            };
            var result = await StoreCalls.GuardAsync(() => store.CommitAsync(commit, CancellationToken.None).AsTask()).ConfigureAwait(false);
            if (result.Status == CommitStatus.Committed)
            {
                return;
            }
        }
    }

    private async Task<bool> CommitAsync(string partition, IReadOnlyList<PendingDelete> notes, DateTimeOffset dueAt)
    {
        for (var round = 1; round <= StoreCalls.MaxRounds; round++)
        {
            var (version, open) = await ReadAsync(partition, CancellationToken.None).ConfigureAwait(false);
            var memories = notes.Where(note => note.MemoryId is not null && !open.ContainsKey(IdOf(note.Provider, note.MemoryId))).ToList();
            if (memories.Count > 0 && open.Values.Count(note => note.MemoryId is not null) + memories.Count > MaxOpen)
            {
                return false;
            }

            var commit = new PartitionCommit
            {
                Partition = partition,
                Expected = version,
                Writes = [.. notes.Select(note => DocumentWrite.Put(IdOf(note.Provider, note.MemoryId), note.Encode()))],
                DueAt = dueAt,
                Recreate = true,
            };
            var result = await StoreCalls.GuardAsync(() => store.CommitAsync(commit, CancellationToken.None).AsTask()).ConfigureAwait(false);
            if (result.Status == CommitStatus.Committed)
            {
                return true;
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

/// <summary>What came of a delete that was carried out later.</summary>
internal enum DeleteOutcome
{
    /// <summary>It is done with.</summary>
    Done,

    /// <summary>The provider does not answer now: neither would it for another.</summary>
    Away,

    /// <summary>The provider refused this one; it is tried again, and others are tried now.</summary>
    Refused,
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
