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
        var total = AuditPartitions.OfUser(user.User);
        var erased = 0;
        while ((await store.GetAsync(partition, [total], cancellationToken).ConfigureAwait(false)).Documents.Count > 0)
        {
            // Calls that come between are found the next time round; the total goes only with a version in which nothing else is left.
            if (await FindAsync(partition, user.User, cancellationToken).ConfigureAwait(false) is not { } found)
            {
                continue;
            }

            var (version, writes, calls) = found;
            var rest = writes.Count == 0 ? [DocumentWrite.Delete(total)] : writes;
            var commit = new PartitionCommit { Partition = partition, Expected = version, Writes = rest, DueAt = AuditPartitions.DueAt(day, options.RetentionDays) };
            if ((await store.CommitAsync(commit, cancellationToken).ConfigureAwait(false)).Status == CommitStatus.Committed)
            {
                erased += calls;
            }
        }

        return erased;
    }

    /// <summary>What one commit takes of what names the user; null if the day changed while it was read.</summary>
    private async Task<(PartitionVersion Version, List<DocumentWrite> Writes, int Calls)?> FindAsync(string partition, string user, CancellationToken cancellationToken)
    {
        var writes = new List<DocumentWrite>();
        var calls = 0;
        PartitionVersion? version = null;
        foreach (var prefix in (string[])[AuditPartitions.CallPrefix, AuditPartitions.SessionPrefix(user)])
        {
            DocumentRange? range = DocumentRange.Prefix(prefix);
            while (range is { } next && writes.Count < MaxWrites)
            {
                var page = await store.ReadAsync(partition, next, cancellationToken).ConfigureAwait(false);
                if (page.Version != (version ??= page.Version))
                {
                    return null;
                }

                foreach (var document in page.Documents)
                {
                    if (writes.Count < MaxWrites && Without(document, user) is { } write)
                    {
                        writes.Add(write);
                        calls += prefix == AuditPartitions.CallPrefix ? 1 : 0;
                    }
                }

                range = page.Next is null ? null : next with { From = page.Next };
            }
        }

        return (version!.Value, writes, calls);
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
