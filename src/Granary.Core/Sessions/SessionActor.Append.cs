using Granary.Core.Actors;
using Granary.Core.Messages;
using Granary.Core.Resources;
using Granary.Core.Sessions.Documents;
using Granary.Core.Storage;
using Granary.Core.Transcripts;
using Granary.Core.Users;
using Granary.Core.Users.Erasure;

namespace Granary.Core.Sessions;

internal sealed partial class SessionActor
{
    /// <summary>How often an append is decided anew because of others that came in between.</summary>
    private const int MaxAppendRounds = 100;

    private Dictionary<UInt128, (UInt128 Content, AppendChange Change)>? _pendingKeys;

    /// <summary>Appends messages, all or none; answers when they are durable.</summary>
    public async ValueTask<AppendResult> AppendAsync(AppendRequest request, CancellationToken cancellationToken)
    {
        AppendValidator.Validate(request);
        request = Unmarked(request);
        for (var round = 1; ; round++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var handle = _resource ?? await _services.Resources.ResolveAsync(Key.Tenant, request.Resource, cancellationToken).ConfigureAwait(false);
            if (await TryAppendAsync(request, handle, cancellationToken).ConfigureAwait(false) is { } result)
            {
                return result;
            }

            if (round == MaxAppendRounds)
            {
                throw new UnavailableException(
                    ErrorCodes.StorageUnavailable, $"Others append to session '{Key.Session}' all the time; what is to be superseded does not settle.", TimeSpan.FromSeconds(1));
            }
        }
    }

    /// <summary>The request without marks of what was redacted or superseded: these are for the session to say.</summary>
    private static AppendRequest Unmarked(AppendRequest request)
    {
        var messages = request.Messages;
        for (var i = 0; i < messages.Count; i++)
        {
            if (messages[i].Redacted || messages[i].Superseded)
            {
                return request with { Messages = [.. messages.Select(m => m.Redacted || m.Superseded ? m with { Redacted = false, Superseded = false } : m)] };
            }
        }

        return request;
    }

    /// <returns>
    /// Null if it has to be tried again: the session was created meanwhile with another resource, whose rules hold and not those of
    /// <paramref name="handle"/>; or what is to be superseded is not settled.
    /// </returns>
    private async ValueTask<AppendResult?> TryAppendAsync(AppendRequest request, ResourceHandle handle, CancellationToken cancellationToken)
    {
        // Redaction and counting need no turn of the actor: they run before it.
        var policy = handle.Current;
        var messages = policy.Redactor.Redact(request.Messages);
        var key = IdempotencyKey.Of(request);
        var content = key is null ? default : IdempotencyKey.HashContent(messages, request.Supersedes);
        if (key is { } lookup && await FindAppendAsync(lookup, content, cancellationToken).ConfigureAwait(false) is { } earlier)
        {
            return earlier;
        }

        if (policy.Resource.ReadOnly)
        {
            throw new AccessDeniedException(ErrorCodes.ReadOnly, $"The memory resource '{policy.Resource.Name}' is read-only.");
        }

        var tokens = new int[messages.Count];
        for (var i = 0; i < tokens.Length; i++)
        {
            tokens[i] = _services.Tokens.Count(messages[i], policy.Resource.Budget.Model);
        }

        if (request.Supersedes is not null)
        {
            // Which answer is the last is told from what is durable; this is rare enough to wait.
            await SettleAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        var owner = await OwnerAsync(mayBeginAnew: false, cancellationToken).ConfigureAwait(false);
        AppendChange change;
        var pump = false;
        var repeats = false;
        try
        {
            lock (Gate)
            {
                EnsureNotLost();
                if (_resource is not null && _resource != handle)
                {
                    return null;
                }

                if (key is { } again && _pendingKeys is not null && _pendingKeys.TryGetValue(again, out var pending))
                {
                    // The same append began while this one asked the store.
                    change = pending.Content == content ? pending.Change : throw KeyReused();
                    repeats = true;
                }
                else if (_nextHead is null && owner is null && !_erased)
                {
                    // What was there is gone since its user was looked at.
                    return null;
                }
                else if (request.Supersedes is not null && !IsSettled())
                {
                    return null;
                }
                else
                {
                    change = PrepareAppend(request, messages, tokens, handle, policy.Resource, owner?.Life, key, content);
                    pump = Enqueue(change);
                }
            }
        }
        catch (MemoryException) when (key is not null)
        {
            // What refuses it now may have come after the same append was stored, both since this one asked the store.
            if (await ReadAppendAsync(key.Value, content, cancellationToken).ConfigureAwait(false) is { } stored)
            {
                return stored;
            }

            throw;
        }

        if (pump)
        {
            Pump();
        }

        if (repeats)
        {
            return await AnswerRepeatAsync(change.Done).ConfigureAwait(false);
        }

        var answer = await change.Done.ConfigureAwait(false);
        if (change.Creates)
        {
            // Like an explicit start: who reads the user's list next finds the session.
            await TryDeliverAsync(cancellationToken).ConfigureAwait(false);
        }

        return answer;
    }

    private static async Task<AppendResult> AnswerRepeatAsync(Task<AppendResult> first)
    {
        var answer = await first.ConfigureAwait(false);
        MemoryInstruments.Repeated();
        return answer with { Repeated = true };
    }

    /// <summary>Whether the view shows all that changes are decided on. Called under the gate.</summary>
    private bool IsSettled() => _counters.LastSequence == _nextCounters.LastSequence && _head?.Epoch == _nextHead?.Epoch;

    /// <summary>Decides on an append. Called under the gate; throws before anything is changed.</summary>
    private AppendChange PrepareAppend(
        AppendRequest request, IReadOnlyList<Message> messages, int[] tokens, ResourceHandle handle, MemoryResource policy, string? life, UInt128? key, UInt128 content)
    {
        var created = _nextHead is null;
        if (created)
        {
            if (_erased)
            {
                throw Erased();
            }

            if (request.IfMatch is not null)
            {
                throw new PreconditionFailedException(null);
            }
        }
        else
        {
            CheckAppendable(_nextHead!);
            CheckPrecondition(request.IfMatch);
        }

        var open = _openCalls;
        var superseded = 0;
        if (request.Supersedes is { } supersedes)
        {
            if (_transcript.AnswerStart() != supersedes)
            {
                throw new ConflictException(
                    ErrorCodes.NotLastAnswer, $"Message {supersedes} does not begin the answer of the last turn of session '{Key.Session}', or a part of that turn is folded.");
            }

            open = _transcript.OpenCalls(supersedes);
            superseded = _transcript.CountSuperseded(supersedes);
        }

        var calls = ToolCallLedger.Check(messages, open);
        var now = Now();
        var first = _nextCounters.LastSequence + 1;
        var next = _nextCounters with { StoredAt = now.ToUnixTimeMilliseconds(), Keyed = _nextCounters.Keyed + (key is null ? 0 : 1), Superseded = _nextCounters.Superseded + superseded };
        var entries = new TranscriptEntry[messages.Count];
        for (var i = 0; i < entries.Length; i++)
        {
            var message = messages[i];
            next = next.Plus(message.Role, tokens[i]);
            entries[i] = new TranscriptEntry(
                message with
                {
                    Id = message.Id ?? AppendDocument.GeneratedId(next.LastSequence),
                    Sequence = next.LastSequence,
                    Turn = next.Turns,
                    Timestamp = message.Timestamp ?? now,
                },
                tokens[i],
                first);
        }

        var body = new AppendDocument(entries, next, key, request.Supersedes).Encode();
        if (body.Length > StorageLimits.MaxBytesPerCommit - SessionHead.MaxBytes - 4096)
        {
            throw new TooLargeException("messages", $"must take at most {MessageLimits.MaxRequestBytes} bytes together");
        }

        var writes = new List<DocumentWrite>(key is null ? 1 : 2) { DocumentWrite.Put(SessionDocumentIds.Append(first), body) };
        if (key is { } hash)
        {
            writes.Add(DocumentWrite.Insert(
                SessionDocumentIds.Key(hash), new KeyDocument { Sequence = first, Content = IdempotencyKey.Text(content) }.Encode()));
        }

        SessionHead? newHead = null;
        SessionNotice? notice = null;
        if (created)
        {
            newHead = NewHead(request.AgentId, handle, now, previous: null, life) with { Outbox = 1 };
            notice = new SessionNotice { Listing = Listing(newHead, next), Life = newHead.Life };
            writes.Add(DocumentWrite.Put(SessionDocumentIds.Outbox(1), notice.Encode()));
        }
        else if (_nextHead!.ResourceRevision != policy.Revision)
        {
            newHead = _nextHead with { ResourceRevision = policy.Revision };
        }

        if (newHead is not null)
        {
            writes.Add(DocumentWrite.Put(SessionDocumentIds.Head, newHead.Encode()));
        }

        // From here on nothing throws.
        var answer = new AppendResult(Key.Session, first, next.LastSequence, Array.ConvertAll(entries, AppendedMessageOf))
        {
            ETag = $"\"{next.LastSequence}-{policy.Revision}\"",
            Turn = next.Turns,
        };
        var change = new AppendChange(this, writes, entries, next, newHead, notice, key, request.Supersedes, answer);
        _resource ??= handle;
        _nextHead = newHead ?? _nextHead;
        _nextCounters = next;
        _openCalls = calls.Apply(open);
        _superseding = request.Supersedes ?? _superseding;
        if (notice is not null)
        {
            _nextOutbox++;
        }

        if (key is { } kept)
        {
            (_pendingKeys ??= [])[kept] = (content, change);
        }

        return change;
    }

    private void CheckAppendable(SessionHead state)
    {
        switch (state.Phase)
        {
            case SessionPhase.Deleting:
                throw Erased();
            case SessionPhase.Completed:
                throw new ConflictException(ErrorCodes.Completed, $"Session '{Key.Session}' is completed; start a new one.");
            case SessionPhase.Importing:
                throw new ConflictException(ErrorCodes.AlreadyExists, $"Session '{Key.Session}' is being imported.");
        }
    }

    /// <summary>What a session must know of its user before it is made; null where it is made already.</summary>
    /// <param name="mayBeginAnew">Whether what is made may begin an erased user anew.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ErasedException">The user is being erased, or was erased.</exception>
    private async ValueTask<OwnerState?> OwnerAsync(bool mayBeginAnew, CancellationToken cancellationToken)
    {
        lock (Gate)
        {
            if (_nextHead is not null || (_erased && !mayBeginAnew))
            {
                return null;
            }
        }

        var owner = await OwnerState.ReadAsync(Store, Key.Owner, cancellationToken).ConfigureAwait(false);
        return owner.Erasing || (owner.Erased && !mayBeginAnew) ? throw new ErasedException($"User '{Key.User}' was erased.") : owner;
    }

    private SessionHead NewHead(string? agent, ResourceHandle handle, DateTimeOffset now, string? previous, string? life) => new()
    {
        Life = life,
        Phase = SessionPhase.Active,
        Incarnation = Ids.New(_services.Time),
        AgentId = agent ?? Ids.DefaultAgent,
        Resource = handle.Name,
        ResourceRevision = handle.Current.Resource.Revision,
        StartTime = now,
        PreviousSessionId = previous,
    };

    private static AppendedMessage AppendedMessageOf(TranscriptEntry entry) =>
        new(entry.Message.Id!, entry.Message.Sequence, entry.Message.Redacted);

    /// <summary>An append on its way.</summary>
    private sealed class AppendChange : PartitionChange
    {
        private readonly TaskCompletionSource<AppendResult> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly SessionActor _session;
        private readonly TranscriptEntry[] _entries;
        private readonly SessionCounters _counters;
        private readonly SessionHead? _head;
        private readonly SessionNotice? _notice;
        private readonly UInt128? _key;
        private readonly long? _supersedes;
        private readonly AppendResult _answer;

        public AppendChange(
            SessionActor session,
            IReadOnlyList<DocumentWrite> writes,
            TranscriptEntry[] entries,
            SessionCounters counters,
            SessionHead? head,
            SessionNotice? notice,
            UInt128? key,
            long? supersedes,
            AppendResult answer)
        {
            Writes = writes;
            _session = session;
            _entries = entries;
            _counters = counters;
            _head = head;
            _notice = notice;
            _key = key;
            _supersedes = supersedes;
            _answer = answer;
        }

        public Task<AppendResult> Done => _done.Task;

        public bool Creates => _notice is not null;

        public override void Apply()
        {
            if (_head is not null)
            {
                _session.ApplyHead(_head);
            }

            if (_supersedes is { } from)
            {
                _session._transcript.Supersede(from, _entries[0].Message.Sequence);
                _session._superseding = null;
            }

            foreach (var entry in _entries)
            {
                _session._transcript.Append(entry);
            }

            _session._counters = _counters;
            _session._context = null;
            _session._services.Progress?.Grew(_session.Key);
            if (_notice is not null)
            {
                _session._outbox.Enqueue((1, _notice));
            }

            if (_key is { } hash)
            {
                _session._pendingKeys!.Remove(hash);
                _session.RememberKey(hash);
            }
        }

        public override void Complete()
        {
            _done.TrySetResult(_answer);
            MemoryInstruments.Appended(_entries);

            // Who created the session delivers its notice before it answers.
            _session.WakeBackground(deliver: !Creates);
        }

        public override void Fail(Exception exception) => _done.TrySetException(exception);
    }

    private void ApplyHead(SessionHead applied)
    {
        if (_head is null)
        {
            _transcript.Begin(applied.StartTime);
        }

        _head = applied;
        _context = null;
    }
}
