using Granary.Core.Actors;
using Granary.Core.Recall;
using Granary.Core.Recall.Lexical;
using Granary.Core.Recall.Ranking;
using Granary.Core.Recall.Vectors;
using Granary.Core.Storage;
using Granary.Core.Users.Indexing;
using Microsoft.Extensions.Logging;

namespace Granary.Core.Users;

/// <summary>
/// Vectors of what the user's memory holds. They are made in the background, a batch at a time, while nothing is held; stored as one exact vector a unit
/// (<c>v:</c>), and in segments of quantised ones (<c>q:</c>) that an activation reads instead.
/// </summary>
/// <remarks>
/// A vector is stored only while its unit is what it was when it was read, with no change of it on the way. A record's exact vector goes in the commit that
/// takes its text away, a session's before the session is taken off the list. What else is left of units that are no more is removed in the background.
/// </remarks>
internal sealed partial class UserActor
{
    /// <summary>Longest wait after failures of the embedder.</summary>
    private static readonly TimeSpan LongestRest = TimeSpan.FromMinutes(5);

    /// <summary>An embedder that has not answered by then has failed: the activation must be able to leave some time.</summary>
    private static readonly TimeSpan EmbedderPatience = TimeSpan.FromMinutes(5);

    /// <summary>Documents with vectors in one commit, with the manifest.</summary>
    private const int MaxVectorsPerCommit = StorageLimits.MaxDocumentsPerCommit - 1;

    private readonly CancellationTokenSource _left = new();
    private readonly Lock _backgroundGate = new();
    private bool _hasBackground;
    private bool _backgroundAgain;
    private int _working;
    private int _batchTexts;

    protected override void OnLost() => _left.Cancel();

    /// <summary>There may be something to embed or to remove: sees to it soon, by itself.</summary>
    private void WakeVectors()
    {
        if (_services.Embedder is null && !_records.HasVectors)
        {
            return;
        }

        lock (_backgroundGate)
        {
            _backgroundAgain = true;
            if (_hasBackground || _left.IsCancellationRequested)
            {
                return;
            }

            _hasBackground = true;
        }

        _ = Task.Run(WorkAsync);
    }

    /// <summary>Sees to the segments that an activation before this one may have left, with rows of records that are gone. Before anybody else knows the actor.</summary>
    private void LookAfterVectors()
    {
        if (_records.HasVectors && _records.Log.HasGone && _erasure is null && !_tombstone)
        {
            WakeVectors();
        }
    }

    private void WakeForWork(UserIndex index, UserVectors vectors)
    {
        bool hasWork;
        lock (index.Gate)
        {
            hasWork = vectors.HasWork;
        }

        if (hasWork)
        {
            WakeVectors();
        }
    }

    private async Task WorkAsync()
    {
        for (var failures = 0; ;)
        {
            lock (_backgroundGate)
            {
                if (!_backgroundAgain || _left.IsCancellationRequested)
                {
                    _hasBackground = false;
                    return;
                }

                _backgroundAgain = false;
            }

            try
            {
                var rest = TimeSpan.FromSeconds(Math.Min(LongestRest.TotalSeconds, Math.Pow(2, failures)));
                await Task.Delay(failures == 0 ? _services.Vectors.Delay : rest, _time, _left.Token).ConfigureAwait(false);
                Interlocked.Increment(ref _working);
                try
                {
                    await MakeVectorsAsync(_left.Token).ConfigureAwait(false);
                    failures = 0;
                }
                finally
                {
                    Interlocked.Decrement(ref _working);
                }
            }
            catch (Exception exception) when (exception is ActivationLostException or ErasedException || IsLost)
            {
                // Who calls next finds out.
            }
            catch (Exception exception) when (!_left.IsCancellationRequested)
            {
                failures = Math.Min(failures + 1, 30);
                LogVectorsFailed(_services.Logger, exception, Key.User);
                lock (_backgroundGate)
                {
                    _backgroundAgain = true;
                }
            }
            catch
            {
                // The activation has left, and took what it needed with it.
            }
        }
    }

    /// <summary>Brings the index up to date, embeds what has no vector, and tidies up.</summary>
    private async Task MakeVectorsAsync(CancellationToken cancellationToken)
    {
        var (index, _) = await CurrentIndexAsync(cancellationToken).ConfigureAwait(false);
        UserVectors? vectors;
        lock (index.Gate)
        {
            vectors = index.Vectors;
        }

        if (vectors is null)
        {
            return;
        }

        await TidyVectorsAsync(index, vectors, cancellationToken).ConfigureAwait(false);
        var most = _services.Vectors.BatchTexts;
        while (true)
        {
            var size = _batchTexts == 0 ? most : _batchTexts;
            var (batch, keys) = TakeWaiting(index, vectors, size);
            if (batch.Count == 0)
            {
                return;
            }

            var failed = true;
            try
            {
                await MakeVectorsAsync(index, vectors, batch, keys, cancellationToken).ConfigureAwait(false);
                _batchTexts = Math.Min(most, size * 2);
                failed = false;
            }
            finally
            {
                if (failed)
                {
                    // Smaller and smaller, until a text that the embedder refuses stands alone, and lets the others before it.
                    _batchTexts = Math.Max(1, size / 4);
                }

                lock (index.Gate)
                {
                    vectors.PutBack(batch, last: failed && batch.Count == 1);
                }
            }

            await TidyVectorsAsync(index, vectors, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Gives units their vectors: stored ones, else new ones.</summary>
    private async Task MakeVectorsAsync(UserIndex index, UserVectors vectors, List<int> batch, Dictionary<int, VectorKey> keys, CancellationToken cancellationToken)
    {
        var embedder = _services.Embedder!;
        await _indexing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await FindStoredAsync(index, vectors, batch, keys, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _indexing.Release();
        }

        List<RankedUnit> wanting;
        lock (index.Gate)
        {
            wanting = batch.Where(vectors.IsWanted).Select(unit => UserVectors.Found(index.Lexical, unit, 0)).ToList();
        }

        var reader = new HitReader(Store, Key, index, _time.GetUtcNow());
        var texts = new List<(int Unit, string Text)>(wanting.Count);
        foreach (var some in wanting.Chunk(HitReader.MaxHits))
        {
            foreach (var hit in await reader.ReadAsync(some, cancellationToken).ConfigureAwait(false))
            {
                if (TextToEmbed(hit.Record?.Content ?? hit.Message!.Content) is { } text)
                {
                    texts.Add((hit.Found.Unit, text));
                }
            }
        }

        var made = new List<(int Unit, float[] Vector, byte[] Body)>(texts.Count);
        if (texts.Count > 0)
        {
            var answer = await embedder.EmbedAsync(texts.ConvertAll(text => text.Text), EmbeddingPurpose.Document, cancellationToken)
                .AsTask().WaitAsync(EmbedderPatience, _time, cancellationToken).ConfigureAwait(false);
            if (answer.Count != texts.Count)
            {
                throw new InvalidOperationException($"The embedder made {answer.Count} vectors of {texts.Count} texts.");
            }

            for (var i = 0; i < answer.Count; i++)
            {
                if (answer[i].Length == embedder.Dimensions && VectorLength.IsUsable(VectorLength.Of(answer[i])))
                {
                    made.Add((texts[i].Unit, answer[i], VectorDocument.Encode(embedder.Model, answer[i])));
                }
            }
        }

        // What cannot be read is about to go, or has no text; what has no direction is near to nothing.
        lock (index.Gate)
        {
            vectors.GiveUp(wanting.Select(found => found.Unit).Except(made.Select(one => one.Unit)));
        }

        await StoreVectorsAsync(index, vectors, made, keys, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Takes over the vectors that are stored, but not in a segment yet. Holds <see cref="_indexing"/>: nobody removes them between the look and the taking.</summary>
    private async Task FindStoredAsync(UserIndex index, UserVectors vectors, List<int> batch, Dictionary<int, VectorKey> keys, CancellationToken cancellationToken)
    {
        foreach (var (unit, body) in await ReadExactAsync(batch.ConvertAll(unit => (unit, keys[unit].Document)), cancellationToken).ConfigureAwait(false))
        {
            lock (index.Gate)
            {
                vectors.Set(unit, keys[unit], VectorDocument.Decode(body).Values);
            }
        }
    }

    /// <summary>Takes units that wait for a vector.</summary>
    private (List<int> Batch, Dictionary<int, VectorKey> Keys) TakeWaiting(UserIndex index, UserVectors vectors, int most)
    {
        lock (Gate)
        lock (index.Gate)
        {
            EnsureUsable();
            var batch = vectors.Take(most);
            return (batch, batch.ToDictionary(unit => unit, unit => vectors.KeyOf(unit, TextOf(index.Lexical, unit) ?? 0)));
        }
    }

    private async Task StoreVectorsAsync(
        UserIndex index, UserVectors vectors, List<(int Unit, float[] Vector, byte[] Body)> made, Dictionary<int, VectorKey> keys, CancellationToken cancellationToken)
    {
        var isAhead = false;

        // No session is taken off the list meanwhile.
        await _indexing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var perCommit = made.Count == 0
                ? 1
                : Math.Clamp((StorageLimits.MaxBytesPerCommit - 8_192) / (made[0].Body.Length + StorageLimits.MaxDocumentIdLength), 1, MaxVectorsPerCommit);
            foreach (var some in made.Chunk(perCommit))
            {
                List<(int Unit, float[] Vector, byte[] Body)> storing;
                PartitionChange<bool> change;
                bool pump;
                lock (Gate)
                {
                    EnsureUsable();
                    lock (index.Gate)
                    {
                        // A record whose change is on its way comes again, or goes, when that is durable.
                        storing = [.. some.Where(one => vectors.IsWanted(one.Unit) && (keys[one.Unit].IsMessage || !_records.IsAhead(keys[one.Unit].Source)))];
                    }

                    isAhead |= storing.Count < some.Length;
                    if (storing.Count == 0)
                    {
                        continue;
                    }

                    var writes = storing.ConvertAll(one => DocumentWrite.Put(keys[one.Unit].Document, one.Body));
                    var model = (_services.Embedder!.Model, _services.Embedder.Dimensions);
                    if (_vectorModel != model)
                    {
                        writes.Add(DocumentWrite.Put(VectorDocuments.Manifest, new VectorSegmentWriter(model.Model, model.Dimensions, 0).Complete()));
                    }

                    (_vectorModel, _records.HasVectors) = (model, true);
                    change = new PartitionChange<bool>(writes, static () => true);
                    pump = Enqueue(change);
                }

                if (pump)
                {
                    Pump();
                }

                await change.Done.ConfigureAwait(false);
                lock (index.Gate)
                {
                    storing.ForEach(one => vectors.Set(one.Unit, keys[one.Unit], one.Vector));
                }
            }
        }
        finally
        {
            _indexing.Release();
        }

        if (isAhead)
        {
            await SettleAsync().ConfigureAwait(false);
        }
    }

    /// <summary>What tells a record's text from others it had; null if there is no such record. Under the gate.</summary>
    private ulong? TextOf(string record)
    {
        var place = _records.Table.Find(record);
        return place < 0 ? null : (ulong)_records.Table[place].Key;
    }

    private ulong? TextOf(LexicalIndex lexical, int unit)
    {
        ref readonly var entry = ref lexical.Units[unit];
        return entry.IsMessage ? 0 : TextOf(lexical.Source(entry.Source).Id);
    }

    private static string? TextToEmbed(string text)
    {
        var length = Math.Min(text.Length, UserVectors.MaxText);
        if (length < text.Length && char.IsHighSurrogate(text[length - 1]))
        {
            length--;
        }

        return string.IsNullOrWhiteSpace(text[..length]) ? null : text[..length];
    }

    [LoggerMessage(30, LogLevel.Warning, "Vectors of the memory of user {User} could not be made; it is tried again")]
    private static partial void LogVectorsFailed(ILogger logger, Exception exception, string user);
}
