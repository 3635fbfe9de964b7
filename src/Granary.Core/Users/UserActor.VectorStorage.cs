using System.Globalization;
using Granary.Core.Actors;
using Granary.Core.Recall.Vectors;
using Granary.Core.Storage;
using Granary.Core.Users.Indexing;
using Microsoft.Extensions.Logging;

namespace Granary.Core.Users;

/// <summary>The vectors in the store: read by an activation, written as segments, removed with what they belong to.</summary>
internal sealed partial class UserActor
{
    /// <summary>Exact vectors that an activation reads before it answers.</summary>
    private const int MaxUnsealed = 1_024;

    // Under the gate, ahead: what the store's manifest says.
    private (string Model, int Dimension)? _vectorModel;

    // Under _indexing.
    private bool _vectorsOpen;
    private long _nextVectors = 1;

    /// <summary>Takes over what the store says of vectors. Called while the actor is loaded.</summary>
    private void TakeVectorManifest(IReadOnlyList<Document> documents)
    {
        foreach (var document in documents)
        {
            if (document.Id == VectorDocuments.Manifest)
            {
                _records.HasVectors = true;
                try
                {
                    var manifest = VectorSegment.Decode(document.Body);
                    _vectorModel = (manifest.Model, manifest.Dimension);
                }
                catch (InvalidDataException exception)
                {
                    LogVectorsUnreadable(_services.Logger, exception, document.Id);
                }
            }
        }
    }

    /// <summary>Removes what is stored of units that are no more, and writes segments.</summary>
    private async Task TidyVectorsAsync(UserIndex index, UserVectors vectors, CancellationToken cancellationToken)
    {
        await _indexing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await RemoveRubbishAsync(index, vectors).ConfigureAwait(false);
            while (true)
            {
                (List<int> Units, byte[] Body)? segment;
                lock (index.Gate)
                {
                    segment = vectors.NextSegment();
                }

                if (segment is not var (units, body))
                {
                    break;
                }

                var id = VectorDocuments.Segment(_nextVectors++);
                await CommitAsync(new PartitionChange<bool>([DocumentWrite.Put(id, body)], static () => true), EnsureUsable).ConfigureAwait(false);
                lock (index.Gate)
                {
                    vectors.Sealed(id, units);
                }
            }
        }
        finally
        {
            _indexing.Release();
        }
    }

    /// <summary>Removes what is stored of units that are no more. Holds <see cref="_indexing"/>.</summary>
    private async Task RemoveRubbishAsync(UserIndex index, UserVectors vectors)
    {
        while (true)
        {
            List<string> rubbish;
            lock (index.Gate)
            {
                rubbish = vectors.Rubbish(StorageLimits.MaxDocumentsPerCommit);
            }

            if (rubbish.Count == 0)
            {
                return;
            }

            await DeleteAsync(rubbish).ConfigureAwait(false);
            lock (index.Gate)
            {
                vectors.Removed(rubbish);
            }
        }
    }

    private Task<bool> DeleteAsync(IEnumerable<string> documents) =>
        CommitAsync(new PartitionChange<bool>([.. documents.Select(DocumentWrite.Delete)], static () => true));

    /// <summary>Reads the segments of vectors, once, after the index has all that they may name. Holds <see cref="_indexing"/>.</summary>
    private async Task OpenVectorsAsync(CancellationToken cancellationToken)
    {
        var index = _index!;
        var embedder = _services.Embedder;
        bool stored;
        lock (Gate)
        {
            stored = _records.HasVectors;
        }

        var vectors = embedder is null ? null : new UserVectors(embedder.Model, embedder.Dimensions, _services.Vectors.SegmentVectors, index.Lexical);
        lock (index.Gate)
        {
            index.Vectors = vectors;
        }

        var useless = new List<string>();
        for (DocumentRange? range = stored ? DocumentRange.Prefix(VectorDocuments.SegmentPrefix) : null; range is { } next;)
        {
            var page = await Store.ReadAsync(Partition, next, cancellationToken).ConfigureAwait(false);
            foreach (var document in page.Documents)
            {
                _nextVectors = long.Parse(document.Id.AsSpan(VectorDocuments.SegmentPrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture) + 1;
                if (vectors is null || !Load(index, vectors, document))
                {
                    useless.Add(document.Id);
                }
            }

            range = page.Next is null ? null : next with { From = page.Next };
        }

        foreach (var some in useless.Chunk(StorageLimits.MaxDocumentsPerCommit))
        {
            await DeleteAsync(some).ConfigureAwait(false);
        }

        if (vectors is not null)
        {
            lock (index.Gate)
            {
                vectors.Loaded();
            }

            await ReadUnsealedAsync(index, vectors, cancellationToken).ConfigureAwait(false);
            WakeForWork(index, vectors);
        }

        _vectorsOpen = true;
    }

    /// <summary>
    /// Reads the vectors that came after the last segment, so that the first recall has them. Where more is missing, they have not been made yet: the
    /// background looks after all of it. Holds <see cref="_indexing"/>.
    /// </summary>
    private async Task ReadUnsealedAsync(UserIndex index, UserVectors vectors, CancellationToken cancellationToken)
    {
        lock (index.Gate)
        {
            if (vectors.Pending > MaxUnsealed)
            {
                return;
            }
        }

        var (batch, keys) = TakeWaiting(index, vectors, MaxUnsealed);
        try
        {
            await FindStoredAsync(index, vectors, batch, keys, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            lock (index.Gate)
            {
                vectors.PutBack(batch, last: false);
            }
        }
    }

    /// <returns>Whether the segment is of any use.</returns>
    private bool Load(UserIndex index, UserVectors vectors, Document document)
    {
        try
        {
            var (keys, body) = VectorSegmentDocument.Decode(document.Body);
            var segment = VectorSegment.Decode(body);
            if (segment.Model != vectors.Index.Model || segment.Dimension != vectors.Index.Dimension || segment.Count != keys.Count)
            {
                return false;
            }

            lock (Gate)
            lock (index.Gate)
            {
                vectors.Load(document.Id, keys, segment, TextOf);
            }

            return true;
        }
        catch (InvalidDataException exception)
        {
            LogVectorsUnreadable(_services.Logger, exception, document.Id);
            return false;
        }
    }

    /// <summary>Removes all vectors of a session that is erased, those of before this activation too. Holds <see cref="_indexing"/>.</summary>
    private async Task DropVectorsAsync(string session)
    {
        lock (Gate)
        {
            if (!_records.HasVectors)
            {
                return;
            }
        }

        UserVectors? vectors = null;
        List<string> segments = [];
        if (_index is { } index && _vectorsOpen)
        {
            lock (index.Gate)
            {
                vectors = index.Vectors;
                segments = vectors?.SegmentsOf(session) ?? [];
            }
        }
        else
        {
            segments = await FindSegmentsAsync(session).ConfigureAwait(false);
        }

        foreach (var some in segments.Chunk(StorageLimits.MaxDocumentsPerCommit))
        {
            await DeleteAsync(some).ConfigureAwait(false);
            if (vectors is not null)
            {
                lock (_index!.Gate)
                {
                    vectors.Removed(some);
                }
            }
        }

        for (DocumentRange? range = VectorDocuments.Session(session); range is { } next;)
        {
            var page = await Store.ReadAsync(Partition, next, CancellationToken.None).ConfigureAwait(false);
            foreach (var some in page.Documents.Chunk(StorageLimits.MaxDocumentsPerCommit))
            {
                await DeleteAsync(some.Select(document => document.Id)).ConfigureAwait(false);
            }

            range = page.Next is null ? null : next with { From = page.Next };
        }
    }

    /// <summary>Finds the segments that name a session, in the store; those that cannot be read are among them.</summary>
    private async Task<List<string>> FindSegmentsAsync(string session)
    {
        var found = new List<string>();
        for (DocumentRange? range = DocumentRange.Prefix(VectorDocuments.SegmentPrefix); range is { } next;)
        {
            var page = await Store.ReadAsync(Partition, next, CancellationToken.None).ConfigureAwait(false);
            foreach (var document in page.Documents)
            {
                try
                {
                    if (VectorSegmentDocument.Decode(document.Body).Keys.Any(key => key.IsMessage && key.Source == session))
                    {
                        found.Add(document.Id);
                    }
                }
                catch (InvalidDataException)
                {
                    found.Add(document.Id);
                }
            }

            range = page.Next is null ? null : next with { From = page.Next };
        }

        return found;
    }

    /// <summary>Reads exact vectors of the embedder's model; those that are missing, damaged or of another are left out.</summary>
    private async Task<List<(int Unit, ReadOnlyMemory<byte> Body)>> ReadExactAsync(IReadOnlyList<(int Unit, string Document)> units, CancellationToken cancellationToken)
    {
        var embedder = _services.Embedder!;
        var found = new List<(int, ReadOnlyMemory<byte>)>(units.Count);
        lock (Gate)
        {
            if (!_records.HasVectors)
            {
                return found;
            }
        }

        foreach (var some in units.Chunk(StorageLimits.MaxIdsPerGet))
        {
            var asked = some.ToDictionary(one => one.Document, one => one.Unit, StringComparer.Ordinal);
            var page = await Store.GetAsync(Partition, [.. asked.Keys], cancellationToken).ConfigureAwait(false);
            foreach (var document in page.Documents)
            {
                try
                {
                    var vector = VectorDocument.Decode(document.Body);
                    if (vector.Values.Length == embedder.Dimensions && vector.IsOf(embedder.Model))
                    {
                        found.Add((asked[document.Id], document.Body));
                    }
                }
                catch (InvalidDataException exception)
                {
                    LogVectorsUnreadable(_services.Logger, exception, document.Id);
                }
            }
        }

        return found;
    }

    [LoggerMessage(31, LogLevel.Warning, "Vectors {Document} cannot be read; they are made anew")]
    private static partial void LogVectorsUnreadable(ILogger logger, Exception exception, string document);
}
