using System.Globalization;
using Granary.Core.Storage;

namespace Granary.Llm.Batch.Jobs;

/// <summary>
/// A user's batches, the newest first: a small partition beside theirs. A batch is entered before it exists and taken out after it is erased, so that
/// none is missing whatever breaks off between; an entry without a batch is passed over, and forgotten when it is too old to be of one that is just made.
/// </summary>
internal sealed class BatchIndex(IPartitionStore store, TimeProvider time)
{
    public const string Prefix = "b:";
    private const int TickDigits = 19;

    /// <summary>How often an entry is tried while others come between.</summary>
    private const int MaxConflicts = 20;

    /// <summary>After this an entry without a batch is of none that is just being made: between its entry and its first commit are moments.</summary>
    private static readonly TimeSpan Settled = TimeSpan.FromDays(1);

    /// <summary>Enters a batch; one that is entered stays so.</summary>
    /// <exception cref="StorageException">The store failed.</exception>
    /// <exception cref="UnavailableException">Too many others change the list.</exception>
    public Task AddAsync(BatchHead head, CancellationToken cancellationToken) =>
        ChangeAsync(Of(head.Tenant, head.User), DocumentWrite.Put(Entry(head.CreatedAt, head.Id), "{}"u8.ToArray()), cancellationToken);

    /// <summary>Takes out a batch that was erased. If that cannot be done now, listing does it later.</summary>
    public async Task RemoveAsync(BatchHead head, CancellationToken cancellationToken)
    {
        try
        {
            await ChangeAsync(Of(head.Tenant, head.User), DocumentWrite.Delete(Entry(head.CreatedAt, head.Id)), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (error is StorageException or UnavailableException)
        {
        }
    }

    /// <summary>The heads of some batches, and where the next page begins if there is one.</summary>
    /// <exception cref="InvalidRequestException">The cursor is none.</exception>
    /// <exception cref="StorageException">The store failed.</exception>
    public async Task<(IReadOnlyList<BatchHead> Heads, string? Next)> PageAsync(string tenant, string? user, string? after, int limit, CancellationToken cancellationToken)
    {
        var heads = new List<BatchHead>(limit);
        var range = DocumentRange.Prefix(Prefix);

        // The least id after the cursor's: a hyphen comes before all that ids go on with.
        range = range with { From = after is null ? range.From : EntryOf(after) + "-" };
        await foreach (var entry in store.ReadAllAsync(Of(tenant, user), range with { Limit = Math.Min(limit + 1, StorageLimits.MaxDocumentsPerPage) }, cancellationToken).ConfigureAwait(false))
        {
            if (heads.Count == limit)
            {
                return (heads, CursorOf(heads[^1]));
            }

            var id = IdOf(entry.Id);
            var (head, _) = await BatchLease.ReadAsync(store, BatchPartitions.Of(tenant, user, id), cancellationToken).ConfigureAwait(false);
            if (head is { Receiving: false } && Entry(head.CreatedAt, id) == entry.Id)
            {
                heads.Add(head);
            }
            else if (head is not { Receiving: true } && time.GetUtcNow() - MadeAt(entry.Id) > Settled)
            {
                await TryForgetAsync(Of(tenant, user), entry.Id, cancellationToken).ConfigureAwait(false);
            }
        }

        return (heads, null);
    }

    private async Task TryForgetAsync(string partition, string entry, CancellationToken cancellationToken)
    {
        try
        {
            await ChangeAsync(partition, DocumentWrite.Delete(entry), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (error is StorageException or UnavailableException)
        {
            // The next who lists does.
        }
    }

    private async Task ChangeAsync(string partition, DocumentWrite write, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < MaxConflicts; attempt++)
        {
            var page = await store.GetAsync(partition, [write.Id], cancellationToken).ConfigureAwait(false);
            if (page.Documents.Count > 0 == (write.Kind == WriteKind.Put))
            {
                return;
            }

            var commit = new PartitionCommit { Partition = partition, Expected = page.Version, Writes = [write], Recreate = true };
            if ((await store.CommitAsync(commit, cancellationToken).ConfigureAwait(false)).Status == CommitStatus.Committed)
            {
                return;
            }
        }

        throw new UnavailableException(ErrorCodes.StorageUnavailable, "The list of batches changes too fast; try again.", TimeSpan.FromSeconds(1));
    }

    public static string Of(string tenant, string? user) => $"batchlist/{tenant}/{user ?? BatchPartitions.Nobody}";

    /// <summary>The entry of a batch: the later it was made the less.</summary>
    private static string Entry(DateTimeOffset made, string id) =>
        string.Create(CultureInfo.InvariantCulture, $"{Prefix}{DateTimeOffset.MaxValue.UtcTicks - made.UtcTicks:D19}:{id.AsSpan(BatchPartitions.IdPrefix.Length)}");

    public static string IdOf(string entry) => string.Concat(BatchPartitions.IdPrefix, entry.AsSpan(Prefix.Length + TickDigits + 1));

    private static DateTimeOffset MadeAt(string entry) =>
        new(DateTimeOffset.MaxValue.UtcTicks - long.Parse(entry.AsSpan(Prefix.Length, TickDigits), NumberStyles.None, CultureInfo.InvariantCulture), TimeSpan.Zero);

    private static string CursorOf(BatchHead head) => Entry(head.CreatedAt, head.Id)[Prefix.Length..].Replace(':', '-');

    private static string EntryOf(string cursor)
    {
        var isCursor = cursor.Length > TickDigits + 1
            && cursor[TickDigits] == '-'
            && cursor.AsSpan(0, TickDigits).IndexOfAnyExceptInRange('0', '9') < 0
            && cursor.AsSpan(TickDigits + 1).IndexOfAnyExcept("0123456789abcdef") < 0;
        return isCursor
            ? string.Concat(Prefix, cursor.AsSpan(0, TickDigits), ":", cursor.AsSpan(TickDigits + 1))
            : throw new InvalidRequestException("after", "must be the next of the page before");
    }
}
