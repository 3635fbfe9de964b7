using System.Globalization;
using Granary.Core.Actors;
using Granary.Core.Messages;
using Granary.Core.Resources;
using Granary.Core.Sessions.Documents;
using Granary.Core.Storage;
using Granary.Core.Transcripts;
using Granary.Core.Users;

namespace Granary.Core.Sessions;

/// <summary>Export and import of a whole session.</summary>
internal sealed partial class SessionActor
{
    /// <summary>Bytes of documents after which an import commits what it has.</summary>
    private const int ImportCommitBytes = 1_048_576;

    private ImportState? import;

    /// <summary>How far an import has come.</summary>
    private sealed class ImportState
    {
        public required SessionHeaderRecord Header { get; init; }

        public required SessionHead Head { get; init; }

        public SessionCounters Counters { get; set; }

        public HashSet<string>? OpenCalls { get; set; }

        public int Epoch { get; set; } = 1;

        public DateTimeOffset LastChunk { get; set; }
    }

    /// <summary>A page of the export. The cursor is <c>m:next:last:epochs</c> or <c>e:next:last:epochs</c>: the end is fixed by the first page.</summary>
    public async Task<SessionExportPage> ExportAsync(string? cursor, CancellationToken cancellationToken)
    {
        long next, last, epochs;
        if (cursor is null)
        {
            lock (Gate)
            {
                var state = ReadableHead();
                last = counters.LastSequence;
                epochs = transcript.Epoch;
                return new SessionExportPage([ExportHeader(state)], string.Create(CultureInfo.InvariantCulture, $"m:1:{last}:{epochs}"));
            }
        }

        var parts = cursor.Split(':');
        if (parts is not ["m" or "e", _, _, _]
            || !long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out next)
            || !long.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out last)
            || !long.TryParse(parts[3], NumberStyles.None, CultureInfo.InvariantCulture, out epochs))
        {
            throw new InvalidRequestException("cursor", "is not a cursor of an export");
        }

        lock (Gate)
        {
            ReadableHead();
        }

        return parts[0] == "m"
            ? await ExportAppendsAsync(next, last, epochs, cancellationToken).ConfigureAwait(false)
            : await ExportEpochsAsync(next, last, epochs, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Takes a part of an export. A new import takes the place of one that was not finished.</summary>
    public async Task ImportAsync(SessionImportChunk chunk, CancellationToken cancellationToken)
    {
        if (chunk.First)
        {
            await BeginImportAsync(chunk, cancellationToken).ConfigureAwait(false);
        }

        ImportState state;
        lock (Gate)
        {
            EnsureNotLost();
            state = import is not null && import.Head.ImportId == chunk.ImportId
                ? import
                : throw new ConflictException(ErrorCodes.AlreadyExists, "Another import took the place of this one, or it was lost; begin again.");
            state.LastChunk = services.Time.GetUtcNow();
        }

        var writes = new List<DocumentWrite>();
        for (var i = chunk.First ? 1 : 0; i < chunk.Records.Count; i++)
        {
            TakeRecord(state, chunk.Records[i], i, writes);
            if (writes.Count >= StorageLimits.MaxDocumentsPerCommit - 2 || writes.Sum(w => w.Body.Length) >= ImportCommitBytes)
            {
                await CommitAsync(new PartitionChange<bool>([.. writes], static () => true)).ConfigureAwait(false);
                writes.Clear();
            }
        }

        if (writes.Count > 0)
        {
            await CommitAsync(new PartitionChange<bool>([.. writes], static () => true)).ConfigureAwait(false);
        }

        if (chunk.Final)
        {
            await FinishImportAsync(state).ConfigureAwait(false);
            await TryDeliverAsync(cancellationToken).ConfigureAwait(false);
            lock (Gate)
            {
                // What was imported is read from the store by the next activation, like any other session.
                Abandon();
            }

            OnLost();
        }
    }

    private async Task BeginImportAsync(SessionImportChunk chunk, CancellationToken cancellationToken)
    {
        if (chunk.Records is not [SessionHeaderRecord { Version: 1 } header, ..])
        {
            throw new InvalidRequestException("type", "of the first record must be 'session', of version 1");
        }

        Ids.Require(header.AgentId, "agent_id");
        var handle = await services.Resources.ResolveForSessionAsync(Key.Tenant, header.Resource, cancellationToken).ConfigureAwait(false);
        var wipe = false;
        lock (Gate)
        {
            EnsureNotLost();
            if (nextHead is { Phase: not SessionPhase.Importing })
            {
                throw new ConflictException(ErrorCodes.AlreadyExists, $"Session '{Key.Session}' exists.");
            }

            wipe = nextHead is not null;
        }

        if (wipe)
        {
            await WipeAsync().ConfigureAwait(false);
        }

        PartitionChange<bool> change;
        bool pump;
        lock (Gate)
        {
            EnsureNotLost();
            var head = NewHead(header.AgentId, handle, header.StartTime, header.PreviousSessionId) with
            {
                Phase = SessionPhase.Importing,
                ImportId = chunk.ImportId,
            };
            resource = handle;
            nextHead = head;
            import = new ImportState { Header = header, Head = head };
            change = new PartitionChange<bool>([DocumentWrite.Put(SessionDocumentIds.Head, head.Encode())], () =>
            {
                erased = false;
                this.head = head;
                return true;
            })
            {
                Recreate = erased,
            };
            pump = Enqueue(change);
        }

        if (pump)
        {
            Pump();
        }

        await change.Done.ConfigureAwait(false);
    }

    /// <summary>Takes a record; an error names it by its place in the chunk.</summary>
    private void TakeRecord(ImportState state, SessionRecord record, int index, List<DocumentWrite> writes)
    {
        try
        {
            switch (record)
            {
                case AppendRecord append:
                    TakeAppend(state, append, writes);
                    break;
                case EpochRecord epoch:
                    TakeEpoch(state, epoch, writes);
                    break;
                default:
                    throw new InvalidRequestException("type", "must be 'append' or 'epoch' after the first record");
            }
        }
        catch (InvalidRequestException error)
        {
            throw new InvalidRequestException($"records[{index}].{error.Field}", error.Rule);
        }
        catch (TooLargeException error)
        {
            throw new TooLargeException($"records[{index}].{error.Field}", error.Rule);
        }
    }

    private void TakeAppend(ImportState state, AppendRecord record, List<DocumentWrite> writes)
    {
        AppendValidator.Validate(new AppendRequest { Messages = record.Messages });
        var first = state.Counters.LastSequence + 1;
        if (state.Epoch > 1)
        {
            throw new InvalidRequestException("type", "must not be 'append' after an 'epoch'");
        }

        UInt128? key = null;
        if (record.KeyHash is not null || record.ContentHash is not null)
        {
            key = ParseHash(record.KeyHash, "key_hash");
            var content = ParseHash(record.ContentHash, "content_hash");
            writes.Add(DocumentWrite.Put(
                SessionDocumentIds.Key(key.Value), new KeyDocument { Sequence = first, Content = IdempotencyKey.Text(content) }.Encode()));
        }

        // What comes in is redacted like any append: the importing side's rules hold.
        var messages = resource!.Current.Redactor.Redact(record.Messages);
        var calls = ToolCallLedger.Check(messages, state.OpenCalls);
        state.OpenCalls = calls.Apply(state.OpenCalls);
        var storedAt = messages[^1].Timestamp ?? Now();
        var counted = state.Counters with { StoredAt = storedAt.ToUnixTimeMilliseconds(), Keyed = state.Counters.Keyed + (key is null ? 0 : 1) };
        var entries = new List<TranscriptEntry>(messages.Count);
        for (var i = 0; i < messages.Count; i++)
        {
            var tokens = services.Tokens.Count(messages[i], resource.Current.Resource.Budget.Model);
            counted = counted.Plus(messages[i].Role, tokens);
            if (messages[i].Sequence != counted.LastSequence)
            {
                throw new InvalidRequestException($"messages[{i}].sequence", $"must be {counted.LastSequence}: sequences are without gaps");
            }

            entries.Add(new TranscriptEntry(messages[i], tokens, first));
        }

        state.Counters = counted;
        writes.Add(DocumentWrite.Put(SessionDocumentIds.Append(first), new AppendDocument(entries, counted, key).Encode()));
    }

    private static void TakeEpoch(ImportState state, EpochRecord record, List<DocumentWrite> writes)
    {
        if (record.Epoch != state.Epoch + 1)
        {
            throw new InvalidRequestException("epoch", $"must be {state.Epoch + 1}: epochs are without gaps");
        }

        if (record.TailStart < 1 || record.TailStart > state.Counters.LastSequence + 1)
        {
            throw new InvalidRequestException("tail_start", $"must be 1 to {state.Counters.LastSequence + 1}");
        }

        if (record.AtSequence < record.TailStart - 1 || record.AtSequence > state.Counters.LastSequence)
        {
            throw new InvalidRequestException("at_sequence", $"must be {record.TailStart - 1} to {state.Counters.LastSequence}");
        }

        if (record.Kept.Any(k => k.Document < 1 || k.Sequences.Any(s => s < k.Document || s >= record.TailStart)))
        {
            throw new InvalidRequestException("kept", "must name messages before the tail");
        }

        state.Epoch = record.Epoch;
        writes.Add(DocumentWrite.Put(SessionDocumentIds.Epoch(record.Epoch), new EpochDocument
        {
            Snapshot = record.Snapshot,
            TailStart = record.TailStart,
            Kept = [.. record.Kept.Select(k => new KeptMessages(k.Document, k.Sequences))],
            AtSequence = record.AtSequence,
            StartTime = record.StartTime,
            Cause = record.Cause,
        }.Encode()));
    }

    private async Task FinishImportAsync(ImportState state)
    {
        if (state.Counters.LastSequence != state.Header.LastSequence || state.Epoch != state.Header.Epoch)
        {
            throw new InvalidRequestException(
                "last_sequence", $"of the first record says {state.Header.LastSequence} in epoch {state.Header.Epoch}, but {state.Counters.LastSequence} in epoch {state.Epoch} came");
        }

        PartitionChange<bool> change;
        bool pump;
        lock (Gate)
        {
            EnsureNotLost();
            nextCounters = state.Counters;
            var completed = state.Header.Status == SessionStatus.Completed;
            var next = state.Head with
            {
                Phase = completed ? SessionPhase.Completed : SessionPhase.Active,
                ImportId = null,
                Epoch = state.Epoch,
                EndTime = completed ? state.Header.EndTime ?? Now() : null,
                Summary = completed ? state.Header.Summary : null,
                Topics = completed ? state.Header.Topics : null,
            };
            change = WithNotice(next.Fitted(), listed: true, _ => true);
            pump = Enqueue(change);
        }

        if (pump)
        {
            Pump();
        }

        await change.Done.ConfigureAwait(false);
    }

    private bool ImportIsStale()
    {
        lock (Gate)
        {
            return import is null || import.LastChunk + ImportLifetime <= services.Time.GetUtcNow();
        }
    }

    /// <summary>Removes what an unfinished import left: nobody ever saw it, so no tombstone stays.</summary>
    private async Task WipeAsync()
    {
        lock (Gate)
        {
            EnsureNotLost();
            import = null;
        }

        // The head goes last: until then the partition is known to be an import.
        while (true)
        {
            var page = await Store.ReadAsync(
                Partition, new DocumentRange("a", "z") { Limit = StorageLimits.MaxDocumentsPerCommit }).ConfigureAwait(false);
            var rest = page.Documents.Where(d => d.Id != SessionDocumentIds.Head).Select(d => DocumentWrite.Delete(d.Id)).ToList();
            if (rest.Count == 0)
            {
                break;
            }

            await CommitAsync(new PartitionChange<bool>(rest, static () => true)).ConfigureAwait(false);
        }

        PartitionChange<bool> last;
        bool pump;
        lock (Gate)
        {
            EnsureNotLost();
            nextHead = null;
            nextCounters = default;
            last = new PartitionChange<bool>([DocumentWrite.Delete(SessionDocumentIds.Head)], () =>
            {
                head = null;
                return true;
            });
            pump = Enqueue(last);
        }

        if (pump)
        {
            Pump();
        }

        await last.Done.ConfigureAwait(false);
    }

    private SessionHeaderRecord ExportHeader(SessionHead state) => new()
    {
        Version = 1,
        SessionId = Key.Session,
        UserId = Key.User,
        AgentId = state.AgentId,
        Status = StatusOf(state),
        Resource = state.Resource,
        StartTime = state.StartTime,
        EndTime = state.EndTime,
        PreviousSessionId = state.PreviousSessionId,
        Epoch = transcript.Epoch,
        LastSequence = counters.LastSequence,
        Summary = state.Summary,
        Topics = state.Topics,
    };

    private async Task<SessionExportPage> ExportAppendsAsync(long next, long last, long epochs, CancellationToken cancellationToken)
    {
        var range = new DocumentRange(SessionDocumentIds.Append(next), SessionDocumentIds.Append(last + 1)) { Limit = StorageLimits.MaxIdsPerGet };
        var page = last < next ? PartitionPage.Missing : await Store.ReadAsync(Partition, range, cancellationToken).ConfigureAwait(false);
        var appends = page.Documents.Select(AppendDocument.Decode).ToList();
        var keys = appends.Where(a => a.KeyHash is not null).Select(a => SessionDocumentIds.Key(a.KeyHash!.Value)).ToList();
        var contents = keys.Count == 0
            ? []
            : (await Store.GetAsync(Partition, keys, cancellationToken).ConfigureAwait(false)).Documents
                .ToDictionary(d => d.Id, d => KeyDocument.Decode(d.Body.Span).Content, StringComparer.Ordinal);
        var records = new List<SessionRecord>(appends.Count);
        foreach (var append in appends)
        {
            string? content = null;
            var keyed = append.KeyHash is { } key && contents.TryGetValue(SessionDocumentIds.Key(key), out content);
            records.Add(new AppendRecord
            {
                Messages = [.. append.Entries.Select(e => e.Message)],
                KeyHash = keyed ? IdempotencyKey.Text(append.KeyHash!.Value) : null,
                ContentHash = content,
            });
        }

        var following = page.Next is null ? (epochs > 1 ? $"e:2:{last}:{epochs}" : null) : $"m:{SessionDocumentIds.Number(page.Next)}:{last}:{epochs}";
        return new SessionExportPage(records, following);
    }

    private async Task<SessionExportPage> ExportEpochsAsync(long next, long last, long epochs, CancellationToken cancellationToken)
    {
        var range = new DocumentRange(SessionDocumentIds.Epoch(next), SessionDocumentIds.Epoch(epochs + 1));
        var page = await Store.ReadAsync(Partition, range, cancellationToken).ConfigureAwait(false);
        var records = page.Documents.Select(SessionRecord (d) =>
        {
            var epoch = EpochDocument.Decode(d.Body.Span);
            return new EpochRecord
            {
                Epoch = (int)SessionDocumentIds.Number(d.Id),
                StartTime = epoch.StartTime,
                Snapshot = epoch.Snapshot,
                TailStart = epoch.TailStart,
                Kept = [.. epoch.Kept.Select(k => new KeptRecord(k.Document, k.Sequences))],
                AtSequence = epoch.AtSequence,
                Cause = epoch.Cause,
            };
        }).ToList();
        return new SessionExportPage(records, page.Next is null ? null : $"e:{SessionDocumentIds.Number(page.Next)}:{last}:{epochs}");
    }

    private static UInt128 ParseHash(string? text, string field) =>
        text is { Length: 32 } && UInt128.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var hash)
            ? hash
            : throw new InvalidRequestException(field, "must be 32 hexadecimal digits");
}
