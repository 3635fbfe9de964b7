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

    private ImportState? _import;
    private Task _wiping = Task.CompletedTask;

    /// <summary>How far an import has come.</summary>
    private sealed class ImportState
    {
        public required SessionHeaderRecord Header { get; init; }

        public required SessionHead Head { get; init; }

        public required ResourceHandle Resource { get; init; }

        public SessionCounters Counters { get; set; }

        public HashSet<string>? OpenCalls { get; set; }

        /// <summary>The calls that were open at the last user message: those that are open again when its answer is superseded.</summary>
        public HashSet<string>? OpenAtQuestion { get; set; }

        /// <summary>Messages since the last user message that are not superseded, system messages apart; null before the first user message.</summary>
        public List<long>? Answer { get; set; }

        public int Epoch { get; set; } = 1;

        /// <summary>What the last epoch keeps: without it the session could not be loaded.</summary>
        public IReadOnlyList<KeptRecord> Kept { get; set; } = [];

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
                last = _counters.LastSequence;
                epochs = _transcript.Epoch;
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
            state = _import is not null && _import.Head.ImportId == chunk.ImportId ? _import : throw ImportLost();
            state.LastChunk = _services.Time.GetUtcNow();
        }

        var writes = new List<DocumentWrite>();
        var bytes = 0;
        for (var i = chunk.First ? 1 : 0; i < chunk.Records.Count; i++)
        {
            var taken = TakeRecord(state, chunk.Records[i], i, writes);
            var more = taken.Sum(w => w.Id.Length + w.Body.Length);
            if (writes.Count > 0 && (writes.Count + taken.Count > StorageLimits.MaxDocumentsPerCommit || bytes + more > ImportCommitBytes))
            {
                await WriteImportAsync(state, writes).ConfigureAwait(false);
                writes = [];
                bytes = 0;
            }

            writes.AddRange(taken);
            bytes += more;
        }

        if (writes.Count > 0)
        {
            await WriteImportAsync(state, writes).ConfigureAwait(false);
        }

        if (chunk.Final)
        {
            await FinishImportAsync(state, cancellationToken).ConfigureAwait(false);
        }
    }

    private Task WriteImportAsync(ImportState state, IReadOnlyList<DocumentWrite> writes) =>
        CommitAsync(new PartitionChange<bool>(writes, static () => true), () => EnsureCurrent(state));

    /// <summary>An import that gave way writes nothing any more: it would write into the one that took its place. Called under the gate.</summary>
    private void EnsureCurrent(ImportState state)
    {
        if (_import != state)
        {
            throw ImportLost();
        }
    }

    private static ConflictException ImportLost() =>
        new(ErrorCodes.AlreadyExists, "Another import took the place of this one, or it was lost; begin again.");

    private async Task BeginImportAsync(SessionImportChunk chunk, CancellationToken cancellationToken)
    {
        if (chunk.Records is not [SessionHeaderRecord { Version: 1 } header, ..])
        {
            throw new InvalidRequestException("type", "of the first record must be 'session', of version 1");
        }

        Ids.Require(header.AgentId, "agent_id");
        if (header.PreviousSessionId is { } previous)
        {
            Ids.Require(previous, "previous_session_id");
        }

        var handle = await _services.Resources.ResolveForSessionAsync(Key.Tenant, header.Resource, cancellationToken).ConfigureAwait(false);
        while (true)
        {
            var owner = await OwnerAsync(mayBeginAnew: true, cancellationToken).ConfigureAwait(false);
            PartitionChange<bool>? change = null;
            var pump = false;
            lock (Gate)
            {
                EnsureNotLost();
                if (_nextHead is { Phase: not SessionPhase.Importing })
                {
                    throw new ConflictException(ErrorCodes.AlreadyExists, $"Session '{Key.Session}' exists.");
                }

                // In one step with the look at what is there: a session that is created meanwhile must not be written over.
                if (_nextHead is null && owner is { } known)
                {
                    change = PrepareImport(chunk.ImportId, header, handle, known.Life);
                    pump = Enqueue(change);
                }
            }

            if (pump)
            {
                Pump();
            }

            if (change is not null)
            {
                await change.Done.ConfigureAwait(false);
                return;
            }

            await WipeAsync().ConfigureAwait(false);
        }
    }

    private PartitionChange<bool> PrepareImport(string importId, SessionHeaderRecord header, ResourceHandle handle, string? life)
    {
        var begun = NewHead(header.AgentId, handle, header.StartTime, header.PreviousSessionId, life) with
        {
            Phase = SessionPhase.Importing,
            ImportId = importId,
        };
        var body = begun.Encode();
        _resource = handle;
        _nextHead = begun;
        _import = new ImportState { Header = header, Head = begun, Resource = handle };
        return new PartitionChange<bool>([DocumentWrite.Put(SessionDocumentIds.Head, body)], () =>
        {
            _erased = false;
            _head = begun;
            return true;
        })
        {
            Recreate = _erased,
        };
    }

    /// <summary>Takes a record; an error names it by its place in the chunk.</summary>
    private List<DocumentWrite> TakeRecord(ImportState state, SessionRecord record, int index, List<DocumentWrite> before)
    {
        try
        {
            var writes = record switch
            {
                AppendRecord append => TakeAppend(state, append),
                EpochRecord epoch => TakeEpoch(state, epoch),
                _ => throw new InvalidRequestException("type", "must be 'append' or 'epoch' after the first record"),
            };

            // The store refuses a second record of a key; within one commit it would refuse the commit.
            if (writes.Exists(w => w.Kind == WriteKind.Insert && before.Exists(b => b.Id == w.Id)))
            {
                throw new InvalidRequestException("key_hash", "came before");
            }

            return writes.Sum(w => w.Id.Length + w.Body.Length) <= StorageLimits.MaxBytesPerCommit - SessionHead.MaxBytes
                ? writes
                : throw new TooLargeException("type", $"names a record that takes more than {MessageLimits.MaxRequestBytes} bytes");
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

    private List<DocumentWrite> TakeAppend(ImportState state, AppendRecord record)
    {
        var writes = new List<DocumentWrite>(2);
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
            writes.Add(DocumentWrite.Insert(
                SessionDocumentIds.Key(key.Value), new KeyDocument { Sequence = first, Content = IdempotencyKey.Text(content) }.Encode()));
        }

        // What comes in is redacted like any append: the importing side's rules hold.
        var policy = state.Resource.Current;
        var messages = policy.Redactor.Redact(record.Messages);
        var superseded = TakeSupersession(state, record.Supersedes);
        var calls = ToolCallLedger.Check(messages, state.OpenCalls);
        var question = Enumerable.Range(0, messages.Count).LastOrDefault(i => messages[i].Role == MessageRole.User, -1);
        if (question >= 0)
        {
            var earlier = ToolCallLedger.Check([.. messages.Take(question)], state.OpenCalls);
            state.OpenAtQuestion = earlier.Apply(state.OpenCalls?.ToHashSet(StringComparer.Ordinal));
            state.Answer = [];
        }

        state.OpenCalls = calls.Apply(state.OpenCalls);
        var storedAt = messages[^1].Timestamp ?? Now();
        var counted = state.Counters with { StoredAt = storedAt.ToUnixTimeMilliseconds(), Keyed = state.Counters.Keyed + (key is null ? 0 : 1), Superseded = state.Counters.Superseded + superseded };
        var entries = new List<TranscriptEntry>(messages.Count);
        for (var i = 0; i < messages.Count; i++)
        {
            var tokens = _services.Tokens.Count(messages[i], policy.Resource.Budget.Model);
            counted = counted.Plus(messages[i].Role, tokens);
            if (messages[i].Sequence != counted.LastSequence)
            {
                throw new InvalidRequestException($"messages[{i}].sequence", $"must be {counted.LastSequence}: sequences are without gaps");
            }

            if (i > question && messages[i].Role != MessageRole.System)
            {
                state.Answer?.Add(counted.LastSequence);
            }

            entries.Add(new TranscriptEntry(messages[i], tokens, first));
        }

        state.Counters = counted;
        writes.Add(DocumentWrite.Put(SessionDocumentIds.Append(first), new AppendDocument(entries, counted, key, record.Supersedes).Encode()));
        return writes;
    }

    /// <returns>How many messages are superseded.</returns>
    private static int TakeSupersession(ImportState state, long? supersedes)
    {
        if (supersedes is null)
        {
            return 0;
        }

        if (state.Answer is not { Count: > 0 } answer || answer[0] != supersedes)
        {
            throw new InvalidRequestException("supersedes", "must be the first message of the last turn's answer");
        }

        state.OpenCalls = state.OpenAtQuestion?.ToHashSet(StringComparer.Ordinal);
        state.Answer = [];
        return answer.Count;
    }

    private static List<DocumentWrite> TakeEpoch(ImportState state, EpochRecord record)
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

        var sequence = 0L;
        foreach (var kept in record.Kept)
        {
            if (kept.Document <= sequence || kept.Sequences.Count == 0 || kept.Sequences[0] < kept.Document)
            {
                throw new InvalidRequestException("kept", "must name appends in order, each with messages of its own");
            }

            foreach (var message in kept.Sequences)
            {
                if (message <= sequence || message >= record.TailStart)
                {
                    throw new InvalidRequestException("kept", "must name messages before the tail, in order");
                }

                sequence = message;
            }
        }

        state.Epoch = record.Epoch;
        state.Kept = record.Kept;
        return [DocumentWrite.Put(SessionDocumentIds.Epoch(record.Epoch), new EpochDocument
        {
            Snapshot = record.Snapshot,
            TailStart = record.TailStart,
            Kept = [.. record.Kept.Select(k => new KeptMessages(k.Document, k.Sequences))],
            AtSequence = record.AtSequence,
            StartTime = record.StartTime,
            Cause = record.Cause,
        }.Encode())];
    }

    private async Task FinishImportAsync(ImportState state, CancellationToken cancellationToken)
    {
        if (state.Counters.LastSequence != state.Header.LastSequence || state.Epoch != state.Header.Epoch)
        {
            throw new InvalidRequestException(
                "last_sequence", $"of the first record says {state.Header.LastSequence} in epoch {state.Header.Epoch}, but {state.Counters.LastSequence} in epoch {state.Epoch} came");
        }

        foreach (var kept in state.Kept.Chunk(StorageLimits.MaxIdsPerGet))
        {
            var page = await Store.GetAsync(Partition, [.. kept.Select(k => SessionDocumentIds.Append(k.Document))], cancellationToken).ConfigureAwait(false);
            if (page.Documents.Count != kept.Length)
            {
                throw new InvalidRequestException("kept", "of the last epoch names an append that did not come");
            }
        }

        PartitionChange<SessionDelivery> change;
        bool pump;
        lock (Gate)
        {
            EnsureNotLost();
            EnsureCurrent(state);

            // Appends that follow on this activation are decided on what was imported; its keys are only in the store.
            _import = null;
            _nextCounters = state.Counters;
            _openCalls = state.OpenCalls;
            _keysComplete = false;
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
            change = WithNotice(next.Fitted(), listed: true, visible =>
            {
                // What was imported is read from the store by the next activation, like any other session; this one never shows it.
                Abandon();
                var (number, notice) = _outbox.Peek();
                return new SessionDelivery(Key.Session, visible.Incarnation, number, notice);
            });
            pump = Enqueue(change);
        }

        if (pump)
        {
            Pump();
        }

        var delivery = await change.Done.ConfigureAwait(false);
        OnLost();
        try
        {
            // The entry stays in the outbox for the next activation to remove; the user takes it once.
            await _services.Users.DeliverAsync(Key.Owner, delivery, cancellationToken).ConfigureAwait(false);
        }
        catch (ErasedException)
        {
            // The user was erased meanwhile; maintenance tells the next activation, which goes.
            throw;
        }
        catch (Exception exception)
        {
            LogDeliveryFailed(_services.Logger, exception, Key.Session);
        }
    }

    private bool ImportIsStale()
    {
        lock (Gate)
        {
            return _import is null || _import.LastChunk + ImportLifetime <= _services.Time.GetUtcNow();
        }
    }

    /// <summary>Removes what an unfinished import left: nobody ever saw it, so no tombstone stays. One at a time.</summary>
    private Task WipeAsync()
    {
        lock (Gate)
        {
            EnsureNotLost();
            if (_nextHead is not { Phase: SessionPhase.Importing })
            {
                return Task.CompletedTask;
            }

            _import = null;
            if (_wiping.IsCompleted)
            {
                _wiping = Task.Run(WipeOnceAsync);
            }

            return _wiping;
        }
    }

    private async Task WipeOnceAsync()
    {
        Interlocked.Increment(ref _background);
        try
        {
            // The import enqueues nothing any more; what it had enqueued must be in the store before that is read.
            await SettleAsync().ConfigureAwait(false);
            for (var from = "a"; from is not null;)
            {
                var range = new DocumentRange(from, "z") { Limit = StorageLimits.MaxDocumentsPerCommit };
                var page = await Store.ReadAsync(Partition, range, CancellationToken.None).ConfigureAwait(false);
                var rest = page.Documents.Where(d => d.Id != SessionDocumentIds.Head).Select(d => DocumentWrite.Delete(d.Id)).ToList();
                await CommitAsync(new PartitionChange<bool>(rest, static () => true)).ConfigureAwait(false);
                from = page.Next;
            }

            // The head goes last: until then the partition is known to be an import, and nothing else is let in.
            var last = new PartitionChange<bool>([DocumentWrite.Delete(SessionDocumentIds.Head)], () =>
            {
                _head = null;
                return true;
            });
            await CommitAsync(last, () =>
            {
                _nextHead = null;
                _nextCounters = default;
                _resource = null;
            }).ConfigureAwait(false);
        }
        catch (StorageException exception)
        {
            throw StoreFailed(exception);
        }
        finally
        {
            Interlocked.Decrement(ref _background);
        }
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
        Epoch = _transcript.Epoch,
        LastSequence = _counters.LastSequence,
        Summary = state.Summary,
        Topics = state.Topics,
    };

    private async Task<SessionExportPage> ExportAppendsAsync(long next, long last, long epochs, CancellationToken cancellationToken)
    {
        var range = new DocumentRange(SessionDocumentIds.Append(next), SessionDocumentIds.Append(last + 1)) { Limit = StorageLimits.MaxIdsPerGet };
        var page = last < next ? PartitionPage.Missing : await Store.ReadAsync(Partition, range, cancellationToken).ConfigureAwait(false);
        var appends = page.Documents.Select(AppendDocument.Decode).ToList();
        long superseded;
        lock (Gate)
        {
            superseded = _counters.Superseded;
        }

        var ranges = superseded == 0 ? NothingSuperseded : await FindSupersededAsync(appends, last, superseded, isNow: false, cancellationToken).ConfigureAwait(false);
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
                Messages = [.. append.Entries.Select(e => ranges.Mark(e.Message))],
                Supersedes = append.Supersedes,
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
