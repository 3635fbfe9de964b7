using System.Text.Json;
using Granary.Core.Actors;
using Granary.Core.Storage;
using Granary.Core.Users.Records;

namespace Granary.Core.Users;

internal sealed partial class UserActor
{
    /// <summary>How often changes are decided anew because of others that came in between.</summary>
    private const int MaxRounds = 20;

    // Durable and ahead: see the type.
    private readonly RecordState _records;

    /// <summary>Keeps memories, all or none.</summary>
    public async Task<RememberResult> RememberAsync(RememberRequest request, CancellationToken cancellationToken)
    {
        MemoryValidator.Validate(request, _time.GetUtcNow());
        var drafts = new PreparedDraft[request.Memories.Count];
        for (var i = 0; i < drafts.Length; i++)
        {
            drafts[i] = new PreparedDraft(request.Memories[i], $"memories[{i}]");
        }

        await BeginAnewAsync().ConfigureAwait(false);
        var remembered = DecideAsync(
            plan =>
            {
                var outcomes = new MemoryOutcome[drafts.Length];
                for (var i = 0; i < drafts.Length; i++)
                {
                    // Null where a document is missing: then all is decided anew.
                    outcomes[i] = plan.Remember(drafts[i], reason: null)!;
                }

                return new RememberResult(outcomes);
            },
            cancellationToken);
        return await UnlessOvertakenAsync(remembered).ConfigureAwait(false);
    }

    /// <summary>A record in any state.</summary>
    public async Task<MemoryRecord> GetMemoryAsync(string id, CancellationToken cancellationToken)
    {
        Ids.Require(id, "memory_id");
        lock (Gate)
        {
            EnsureUsable();
        }

        return (await ReadRecordAsync(id, cancellationToken).ConfigureAwait(false)).At(_time.GetUtcNow());
    }

    /// <summary>Changes a record.</summary>
    public Task<MemoryRecord> UpdateMemoryAsync(string id, MemoryPatch patch, CancellationToken cancellationToken)
    {
        Ids.Require(id, "memory_id");
        MemoryValidator.Validate(patch, _time.GetUtcNow());
        var prepared = new PreparedPatch(patch);
        return DecideAsync(plan => plan.Find(id) is { } document ? plan.Update(document, prepared).At(plan.Now) : Nothing<MemoryRecord>(plan, id), cancellationToken);
    }

    /// <summary>Deletes a record, or removes it with all of its history.</summary>
    public Task DeleteMemoryAsync(string id, string? reason, bool purge, CancellationToken cancellationToken)
    {
        Ids.Require(id, "memory_id");
        MemoryValidator.CheckReason(reason);
        return DecideAsync(
            plan =>
            {
                if (plan.Find(id) is not { } document)
                {
                    return Nothing<bool>(plan, id);
                }

                if (purge)
                {
                    LogPurge(_services.Logger, id, Partition, "a caller asked for it");
                    plan.Purge(document);
                }
                else
                {
                    plan.Delete(document, reason);
                }

                return true;
            },
            cancellationToken);
    }

    /// <summary>Changes and deletes records, all or none.</summary>
    public Task<EditResult> EditMemoriesAsync(EditRequest request, CancellationToken cancellationToken)
    {
        MemoryValidator.Validate(request, _time.GetUtcNow());
        var edits = request.Edits.Select(static edit => (Edit: edit, Patch: edit.Patch is null ? null : new PreparedPatch(edit.Patch))).ToList();
        return DecideAsync(
            plan =>
            {
                var records = new List<MemoryRecord>(edits.Count);
                foreach (var (edit, patch) in edits)
                {
                    if (plan.TryFind(edit.MemoryId, out var document))
                    {
                        records.Add(Edit(plan, document ?? throw NoMemory(edit.MemoryId), edit.Deletion, patch));
                    }
                }

                foreach (var (edit, _) in edits.Where(edit => edit.Edit.Deletion?.Purge == true && plan.Missing.Count == 0))
                {
                    LogPurge(_services.Logger, edit.MemoryId, Partition, "a caller asked for it");
                }

                return new EditResult(records);
            },
            cancellationToken);
    }

    /// <summary>Makes a record active again.</summary>
    public Task<MemoryRecord> RestoreMemoryAsync(string id, string? reason, CancellationToken cancellationToken)
    {
        Ids.Require(id, "memory_id");
        MemoryValidator.CheckReason(reason);
        return DecideAsync(plan => plan.Find(id) is { } document ? plan.Restore(document, reason).At(plan.Now) : Nothing<MemoryRecord>(plan, id), cancellationToken);
    }

    /// <summary>Notes that records were used; those that are unknown or not active are passed over.</summary>
    /// <param name="ids">The records, the most important first: of more than one commit takes, the first are noted.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task TouchAsync(IReadOnlyCollection<string> ids, CancellationToken cancellationToken)
    {
        var first = ids.Distinct(StringComparer.Ordinal).Take(RecordPlan.MaxRecordsPerCommit).ToList();
        return DecideAsync(
            plan =>
            {
                foreach (var id in first)
                {
                    if (plan.TryFind(id, out var document) && document is not null && document.StateAt(plan.Now).IsActive() && plan.HasRoom)
                    {
                        plan.Touch(document);
                    }
                }

                return true;
            },
            cancellationToken);
    }

    /// <summary>All that happened to a record, oldest first.</summary>
    public async Task<MemoryHistory> GetHistoryAsync(string id, CancellationToken cancellationToken)
    {
        Ids.Require(id, "memory_id");
        lock (Gate)
        {
            EnsureUsable();
        }

        for (var round = 1; round <= MaxRounds; round++)
        {
            var runs = await ReadRunsAsync(id, cancellationToken).ConfigureAwait(false);

            // A run that was closed between the reads is read again.
            var document = await ReadRecordAsync(id, cancellationToken).ConfigureAwait(false);
            if (document.Run == runs.Count + 1)
            {
                return new MemoryHistory(RecordHistory.Tell(document, runs));
            }
        }

        throw new UnavailableException(
            ErrorCodes.StorageUnavailable, $"The memory '{id}' changes all the time; its history does not settle.", TimeSpan.FromSeconds(1));
    }

    private async Task<List<HistoryDocument>> ReadRunsAsync(string id, CancellationToken cancellationToken)
    {
        var runs = new List<HistoryDocument>();
        DocumentRange? range = RecordDocumentIds.Runs(id);
        while (range is { } next)
        {
            var page = await Store.ReadAsync(Partition, next, cancellationToken).ConfigureAwait(false);
            runs.AddRange(page.Documents.Select(d => HistoryDocument.Decode(d.Body.Span)));
            range = page.Next is null ? null : next with { From = page.Next };
        }

        return runs;
    }

    /// <summary>
    /// Decides on changes of records and makes them, all or none, in one commit or in several that count as one. The way of everything that changes
    /// records: reflection adds, changes and deletes several here, with the watermark that says so far it came (<see cref="RecordPlan.Also"/>).
    /// </summary>
    /// <param name="decide">
    /// Decides under the gate, on what is ahead. What it throws is thrown, and nothing happens. It may be asked again: where documents were missing
    /// (<see cref="RecordPlan.Missing"/>), its answer counts for nothing.
    /// </param>
    /// <param name="cancellationToken">Ends the reading before; not the commit.</param>
    /// <returns>The answer, once the changes are durable, and all that it was decided on.</returns>
    internal async Task<T> DecideAsync<T>(Func<RecordPlan, T> decide, CancellationToken cancellationToken)
    {
        var read = new Dictionary<string, RecordDocument>(StringComparer.Ordinal);
        for (var round = 1; round <= MaxRounds; round++)
        {
            RecordPlan plan;
            T answer;
            var durable = Task.CompletedTask;
            var pump = false;
            lock (Gate)
            {
                EnsureUsable();
                plan = new RecordPlan(_records, read, _time.GetUtcNow());
                answer = decide(plan);
                if (plan.Missing.Count == 0)
                {
                    try
                    {
                        (durable, pump) = Send(plan);
                    }
                    catch
                    {
                        plan.Refuse();
                        throw;
                    }
                }
            }

            if (pump)
            {
                Pump();
            }

            if (plan.Missing.Count == 0)
            {
                await durable.ConfigureAwait(false);
                return answer;
            }

            await ReadRecordsAsync([.. plan.Missing], read, cancellationToken).ConfigureAwait(false);
        }

        // What the store holds is not what this activation knows: another one writes.
        lock (Gate)
        {
            Abandon();
        }

        throw new ActivationLostException("The records that were read never were those in memory.");
    }

    /// <summary>Puts a plan in the queue. Called under the gate; throws before anything is changed.</summary>
    /// <returns>What to wait for, and whether the caller must pump.</returns>
    private (Task Durable, bool Pump) Send(RecordPlan plan)
    {
        if (plan.IsEmpty)
        {
            return (Task.WhenAll(plan.Ahead), false);
        }

        var writes = plan.Seal();
        if (plan.FitsOneCommit)
        {
            var change = new PartitionChange<bool>(writes, Apply);
            _records.Accept(plan, change.Done);
            return (change.Done, Enqueue(change));
        }

        if (RedoDocument.Size(writes) > RecordPlan.MaxBytes)
        {
            throw MemoryValidator.TooMuchTogether();
        }

        var id = RecordDocumentIds.Redo(plan.Head.Changes);
        var first = new PartitionChange<bool>([DocumentWrite.Put(id, RedoDocument.Encode(writes))], static () => true);
        var steps = RedoDocument.Steps(id, writes).ToList();
        var rest = steps.Select((step, i) => new PartitionChange<bool>(step, i == steps.Count - 1 ? Apply : static () => true)).ToList();
        var carriedOut = CarriedOutAsync(first.Done, Task.WhenAll(rest.Select(step => step.Done)));
        _records.Accept(plan, carriedOut);
        var pump = Enqueue(first);
        rest.ForEach(step => Enqueue(step));
        return (carriedOut, pump);

        bool Apply()
        {
            _records.Apply(plan);
            if (plan.Reindexed.Count > 0)
            {
                WakeVectors();
            }

            return true;
        }
    }

    private static async Task CarriedOutAsync(Task first, Task rest)
    {
        await first.ConfigureAwait(false);
        try
        {
            await rest.ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is ActivationLostException or MemoryException)
        {
            // It is durable: who loads the user next makes the rest of the writes before anything else.
        }
    }

    private static MemoryRecord Edit(RecordPlan plan, RecordDocument document, MemoryDeletion? deletion, PreparedPatch? patch)
    {
        if (deletion is null)
        {
            return plan.Update(document, patch!).At(plan.Now);
        }

        if (deletion.IfRevision is { } revision && revision != document.Record.Revision)
        {
            throw RecordChanges.Changed(document.Record);
        }

        if (!deletion.Purge)
        {
            return plan.Delete(document, deletion.Reason).At(plan.Now);
        }

        plan.Purge(document);
        return document.At(plan.Now);
    }

    private static T Nothing<T>(RecordPlan plan, string id) => plan.Missing.Count > 0 ? default! : throw NoMemory(id);

    private static NotFoundException NoMemory(string id) => new($"There is no memory '{id}'.");

    private async Task<RecordDocument> ReadRecordAsync(string id, CancellationToken cancellationToken)
    {
        var read = new Dictionary<string, RecordDocument>(StringComparer.Ordinal);
        await ReadRecordsAsync([id], read, cancellationToken).ConfigureAwait(false);
        return read.GetValueOrDefault(id) ?? throw NoMemory(id);
    }

    /// <summary>Reads records; those that do not exist are left out.</summary>
    /// <param name="ids">The records.</param>
    /// <param name="into">Gets them.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <param name="skipUnreadable">Leaves out those too that cannot be read, and tells the log.</param>
    private async Task ReadRecordsAsync(
        IReadOnlyList<string> ids, Dictionary<string, RecordDocument> into, CancellationToken cancellationToken, bool skipUnreadable = false)
    {
        for (var from = 0; from < ids.Count; from += StorageLimits.MaxIdsPerGet)
        {
            var some = ids.Skip(from).Take(StorageLimits.MaxIdsPerGet).Select(RecordDocumentIds.Record).ToList();
            var page = await Store.GetAsync(Partition, some, cancellationToken).ConfigureAwait(false);
            foreach (var stored in page.Documents)
            {
                try
                {
                    var document = RecordDocument.Decode(stored.Body.Span);
                    into[document.Id] = document;
                }
                catch (Exception exception) when (skipUnreadable && exception is (InvalidDataException or JsonException or FormatException or InvalidOperationException))
                {
                    LogUnreadableRecord(_services.Logger, exception, stored.Id, Partition);
                }
            }
        }
    }
}
