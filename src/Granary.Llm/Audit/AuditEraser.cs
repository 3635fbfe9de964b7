using System.Text.Json;
using Granary.Core.Storage;
using Granary.Core.Users.Erasure;

namespace Granary.Llm.Audit;

/// <summary>
/// Takes an erased user out of the audit of the days that are kept: the user's calls stay, without user, session and messages, so that they go on adding
/// up to the tenant's totals; the totals of the user and of the sessions go. Those of a day go last: until then they say that there is something to do.
/// </summary>
internal sealed class AuditEraser(IPartitionStore store, AuditOptions options, TimeProvider time) : IUserDataEraser
{
    private const int MaxWrites = StorageLimits.MaxDocumentsPerCommit;

    /// <summary>Before what another was faster with is tried again.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <inheritdoc />
    public string Kind => "audited_calls";

    /// <inheritdoc />
    public async Task<int> EraseAsync(UserKey user, CancellationToken cancellationToken)
    {
        // A day longer on both sides: clocks differ, and a day is erased some time after it is due.
        var today = DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);
        var erased = 0;
        for (var day = today.AddDays(1); day >= today.AddDays(-options.RetentionDays - 2); day = day.AddDays(-1))
        {
            erased += await EraseDayAsync(user, day, cancellationToken).ConfigureAwait(false);
        }

        return erased;
    }

    private async Task<int> EraseDayAsync(UserKey user, DateOnly day, CancellationToken cancellationToken)
    {
        var partition = AuditPartitions.Of(user.Tenant, day);
        var dueAt = AuditPartitions.DueAt(day, options.RetentionDays);
        var total = AuditPartitions.OfUser(user.User);
        var erased = 0;
        while (await FindAsync(partition, total, cancellationToken).ConfigureAwait(false) is { Total: { } before })
        {
            foreach (var prefix in (string[])[AuditPartitions.CallPrefix, AuditPartitions.SessionPrefix(user.User)])
            {
                var taken = await TakeOutAsync(partition, prefix, user.User, dueAt, cancellationToken).ConfigureAwait(false);
                erased += prefix == AuditPartitions.CallPrefix ? taken : 0;
            }

            // A call that came between has changed the total.
            while (await FindAsync(partition, total, cancellationToken).ConfigureAwait(false) is { Total: { } after } found && after.Body.Span.SequenceEqual(before.Body.Span))
            {
                if (await CommitAsync(partition, found.Version, [DocumentWrite.Delete(total)], dueAt, cancellationToken).ConfigureAwait(false) is not null)
                {
                    break;
                }
            }
        }

        return erased;
    }

    private async Task<(PartitionVersion Version, Document? Total)> FindAsync(string partition, string total, CancellationToken cancellationToken)
    {
        var found = await store.GetAsync(partition, [total], cancellationToken).ConfigureAwait(false);
        return (found.Version, found.Documents.Count > 0 ? found.Documents[0] : null);
    }

    /// <summary>Takes the user out of the documents of a prefix, a page at a time: others write to the day meanwhile.</summary>
    /// <returns>How many named the user.</returns>
    private async Task<int> TakeOutAsync(string partition, string prefix, string user, DateTimeOffset dueAt, CancellationToken cancellationToken)
    {
        var taken = 0;
        DocumentRange? range = DocumentRange.Prefix(prefix);
        while (range is { } next)
        {
            var page = await store.ReadAsync(partition, next, cancellationToken).ConfigureAwait(false);
            PartitionVersion? version = page.Version;
            foreach (var writes in page.Documents.Select(document => Without(document, user)).OfType<DocumentWrite>().Chunk(MaxWrites))
            {
                version = await CommitAsync(partition, version.Value, writes, dueAt, cancellationToken).ConfigureAwait(false);
                if (version is null)
                {
                    break;
                }

                taken += writes.Length;
            }

            if (version is not null)
            {
                range = page.Next is null ? null : next with { From = page.Next };
            }
        }

        return taken;
    }

    /// <returns>The new version; null, after a moment, if another was faster.</returns>
    private async Task<PartitionVersion?> CommitAsync(
        string partition, PartitionVersion expected, IReadOnlyList<DocumentWrite> writes, DateTimeOffset dueAt, CancellationToken cancellationToken)
    {
        var commit = new PartitionCommit { Partition = partition, Expected = expected, Writes = writes, DueAt = dueAt };
        var result = await store.CommitAsync(commit, cancellationToken).ConfigureAwait(false);
        if (result.Status == CommitStatus.Committed)
        {
            return result.Version;
        }

        await Task.Delay(Pause, time, cancellationToken).ConfigureAwait(false);
        return null;
    }

    private static DocumentWrite? Without(Document document, string user)
    {
        if (!document.Id.StartsWith(AuditPartitions.CallPrefix, StringComparison.Ordinal))
        {
            return DocumentWrite.Delete(document.Id);
        }

        var stored = JsonSerializer.Deserialize(document.Body.Span, AuditJson.Default.CallDocument)!;
        if (stored.Call.UserId != user)
        {
            return null;
        }

        var nobody = stored.Call with { UserId = null, SessionId = null, FirstSequence = null, LastSequence = null, StoredAt = null };
        return DocumentWrite.Put(document.Id, JsonSerializer.SerializeToUtf8Bytes(stored with { Call = nobody }, AuditJson.Default.CallDocument));
    }
}
