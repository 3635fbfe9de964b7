using Granary.Core.Sessions.Documents;

namespace Granary.Core.Sessions;

internal sealed partial class SessionActor
{
    /// <summary>Beyond this many keys the activation no longer remembers all of them and asks the store: about 300 KiB.</summary>
    private const int MaxRememberedKeys = 8_192;

    private HashSet<UInt128>? _rememberedKeys;

    // Whether every key of the session is among the remembered ones, so that a miss needs no read.
    private bool _keysComplete = true;

    private void RememberKey(UInt128 key)
    {
        if (!_keysComplete)
        {
            return;
        }

        (_rememberedKeys ??= []).Add(key);
        if (_rememberedKeys.Count > MaxRememberedKeys)
        {
            _rememberedKeys = null;
            _keysComplete = false;
        }
    }

    /// <summary>The answer of an earlier append with the same key, or null.</summary>
    /// <exception cref="ConflictException">The key came with other content.</exception>
    private async ValueTask<AppendResult?> FindAppendAsync(UInt128 key, UInt128 content, CancellationToken cancellationToken)
    {
        Task<AppendResult>? running = null;
        lock (Gate)
        {
            EnsureNotLost();
            if (_erased || _nextHead is { Phase: SessionPhase.Deleting })
            {
                throw Erased();
            }

            if (_pendingKeys is not null && _pendingKeys.TryGetValue(key, out var pending))
            {
                running = pending.Content == content ? pending.Change.Done : throw KeyReused();
            }
            else if (_keysComplete && _rememberedKeys?.Contains(key) != true)
            {
                return null;
            }
        }

        return running is not null
            ? await AnswerRepeatAsync(running).ConfigureAwait(false)
            : await ReadAppendAsync(key, content, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<AppendResult?> ReadAppendAsync(UInt128 key, UInt128 content, CancellationToken cancellationToken)
    {
        var found = await Store.GetAsync(Partition, [SessionDocumentIds.Key(key)], cancellationToken).ConfigureAwait(false);
        if (found.Documents.Count == 0)
        {
            return null;
        }

        var record = KeyDocument.Decode(found.Documents[0].Body.Span);
        if (IdempotencyKey.Parse(record.Content) != content)
        {
            throw KeyReused();
        }

        var page = await Store.GetAsync(Partition, [SessionDocumentIds.Append(record.Sequence)], cancellationToken).ConfigureAwait(false);
        if (page.Documents.Count == 0)
        {
            throw Erased();
        }

        MemoryInstruments.Repeated();
        var append = AppendDocument.Decode(page.Documents[0]);
        return new AppendResult(
            Key.Session, record.Sequence, append.Counters.LastSequence, [.. append.Entries.Select(AppendedMessageOf)])
        {
            ETag = ETag(append.Counters.LastSequence),
            Turn = append.Counters.Turns,
            Repeated = true,
        };
    }

    private ConflictException KeyReused() =>
        new(ErrorCodes.KeyReused, $"The idempotency key (or the message ids) came before with other content in session '{Key.Session}'.");
}
