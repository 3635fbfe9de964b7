using System.Text.Json;
using Granary.Core.Storage;
using Microsoft.Extensions.Logging;

namespace Granary.Llm.Audit;

/// <summary>
/// Writes records and the totals that they change in one commit. Other processes write the same days: a commit that was overtaken, or whose
/// outcome is unknown, is made anew of what is stored then, and a record that is there already is not counted again.
/// </summary>
/// <remarks>Not safe for several threads. No record is forgotten before it is stored, its day is erased, or the process ends.</remarks>
internal sealed partial class AuditWriter(IPartitionStore store, AuditLog log, AuditOptions options, TimeProvider time, ILogger<AuditWriter> logger)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    /// <summary>Overtaken so often in a row, a writer lets the others finish first.</summary>
    private const int ConflictsInARow = 5;

    private readonly Dictionary<string, Backlog> _backlogs = new(StringComparer.Ordinal);

    /// <summary>Records taken from the queue and not stored yet.</summary>
    public int Waiting { get; private set; }

    /// <summary>Takes records from the queue, as long as those that wait here are not too many themselves.</summary>
    public void Take()
    {
        while (Waiting < options.QueueCapacity && log.Reader.TryRead(out var call))
        {
            var partition = AuditPartitions.Of(call.Tenant, call.Day);
            if (!_backlogs.TryGetValue(partition, out var backlog))
            {
                _backlogs.Add(partition, backlog = new Backlog(partition, call.Day));
            }

            backlog.Calls.Enqueue(call);
            Waiting++;
        }
    }

    /// <summary>Writes all that waits. What the store does not take now stays, and is not tried again before its pause is over.</summary>
    /// <param name="patient">Whether pauses are kept.</param>
    /// <param name="cancellationToken">Ends the writing; what is not stored stays.</param>
    public async Task WriteAsync(bool patient, CancellationToken cancellationToken)
    {
        foreach (var backlog in _backlogs.Values.ToList())
        {
            while (backlog.Calls.Count > 0 && (!patient || backlog.NotBefore <= time.GetUtcNow()))
            {
                if (!await TryWriteAsync(backlog, cancellationToken).ConfigureAwait(false))
                {
                    backlog.Pause = backlog.Pause == TimeSpan.Zero ? FirstPause : backlog.Pause * 2 < LongestPause ? backlog.Pause * 2 : LongestPause;
                    backlog.NotBefore = time.GetUtcNow() + backlog.Pause;
                    break;
                }

                backlog.Pause = TimeSpan.Zero;
            }

            if (backlog.Calls.Count == 0)
            {
                _backlogs.Remove(backlog.Partition);
            }
        }
    }

    /// <returns>Whether the backlog's next commit is done with; false: try again later.</returns>
    private async Task<bool> TryWriteAsync(Backlog backlog, CancellationToken cancellationToken)
    {
        // What a commit of unknown outcome held must come again exactly so: its first record tells whether it was applied.
        var commit = backlog.Unknown ?? AuditCommit.Of(backlog.Calls);
        backlog.Unknown = commit;
        try
        {
            for (var conflicts = 0; conflicts < ConflictsInARow; conflicts++)
            {
                var page = await store.GetAsync(backlog.Partition, commit.Ids, cancellationToken).ConfigureAwait(false);
                if (page.Documents.Any(document => document.Id == commit.Ids[0]))
                {
                    return Done(backlog, commit);
                }

                var result = page.Erased
                    ? new CommitResult(CommitStatus.Erased, default)
                    : await store.CommitAsync(Changes(backlog, commit, page), cancellationToken).ConfigureAwait(false);
                switch (result.Status)
                {
                    case CommitStatus.Committed:
                        return Done(backlog, commit);
                    case CommitStatus.Erased:
                        log.Drop(commit.Calls.Count, "erased");
                        return Forget(backlog, commit);
                    default:
                        GranaryLlmInstruments.AuditConflict();
                        break;
                }
            }

            return false;
        }
        catch (StorageException exception)
        {
            LogFailed(logger, exception, commit.Calls.Count, backlog.Partition);
            return false;
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // Not the store's trouble but a fault of these records: they would hold up all others for ever.
            LogRefused(logger, exception, commit.Calls.Count, backlog.Partition);
            log.Drop(commit.Calls.Count, "invalid");
            return Forget(backlog, commit);
        }
    }

    private PartitionCommit Changes(Backlog backlog, AuditCommit commit, PartitionPage page)
    {
        var stored = page.Documents.ToDictionary(document => document.Id, document => document.Body, StringComparer.Ordinal);
        var writes = new List<DocumentWrite>(StorageLimits.MaxDocumentsPerCommit);
        writes.AddRange(commit.Calls.Select(call =>
            DocumentWrite.Insert(AuditPartitions.OfCall(call.Id), JsonSerializer.SerializeToUtf8Bytes(new CallDocument(call), AuditJson.Default.CallDocument))));
        foreach (var (id, name, added) in commit.Totals)
        {
            var before = stored.TryGetValue(id, out var body) ? JsonSerializer.Deserialize(body.Span, AuditJson.Default.UsageDocument)!.Totals : new UsageTotals();
            var after = new UsageDocument(name, before.Add(added));
            writes.Add(DocumentWrite.Put(id, JsonSerializer.SerializeToUtf8Bytes(after, AuditJson.Default.UsageDocument)));
        }

        return new PartitionCommit
        {
            Partition = backlog.Partition,
            Expected = page.Version,
            Writes = writes,
            DueAt = AuditPartitions.DueAt(backlog.Day, options.RetentionDays),
        };
    }

    private bool Done(Backlog backlog, AuditCommit commit)
    {
        GranaryLlmInstruments.AuditWritten(commit.Calls.Count);
        return Forget(backlog, commit);
    }

    private bool Forget(Backlog backlog, AuditCommit commit)
    {
        for (var i = 0; i < commit.Calls.Count; i++)
        {
            backlog.Calls.Dequeue();
        }

        Waiting -= commit.Calls.Count;
        backlog.Unknown = null;
        return true;
    }

    [LoggerMessage(1, LogLevel.Warning, "{Count} records of calls cannot be written to {Partition} now; they are tried again")]
    private static partial void LogFailed(ILogger logger, Exception exception, int count, string partition);

    [LoggerMessage(2, LogLevel.Error, "{Count} records of calls cannot be written to {Partition} and are dropped")]
    private static partial void LogRefused(ILogger logger, Exception exception, int count, string partition);

    /// <summary>The records of one partition, the oldest first.</summary>
    private sealed class Backlog(string partition, DateOnly day)
    {
        public string Partition => partition;

        public DateOnly Day => day;

        public Queue<AuditCall> Calls { get; } = new();

        /// <summary>The commit that is under way or whose outcome is unknown: the first of <see cref="Calls"/>.</summary>
        public AuditCommit? Unknown { get; set; }

        public TimeSpan Pause { get; set; }

        public DateTimeOffset NotBefore { get; set; }
    }
}
