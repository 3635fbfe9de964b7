using Granary.Core.Recall.Lexical;
using Granary.Core.Storage;
using Granary.Core.Tokens;
using Granary.Core.Users.Records;

namespace Granary.Core.Users.Indexing;

/// <summary>Keeps the records of the index as those of the store: reads them once, and is told of every change from then on.</summary>
internal sealed class RecordFeed(UserIndex index, ITokenCounter tokens) : IRecordIndex
{
    // What changed while the store was read is newer than what is read.
    private HashSet<string>? _changed = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public void Upsert(RecordDocument record)
    {
        lock (index.Gate)
        {
            _changed?.Add(record.Id);
            Put(record);
        }
    }

    /// <inheritdoc/>
    public void Remove(string id)
    {
        lock (index.Gate)
        {
            _changed?.Add(id);
            index.RemoveRecord(id);
        }
    }

    /// <summary>Takes over what a page tells of records as they are now.</summary>
    /// <param name="page">The page.</param>
    /// <param name="accesses">The ids of the records that it tells the truth of, each with how often it was used.</param>
    public void Take(PostingsPage page, Dictionary<string, int> accesses)
    {
        lock (index.Gate)
        {
            foreach (var id in _changed!)
            {
                accesses.Remove(id);
            }

            Segments.Put(index.Lexical, page.Select(accesses));
        }
    }

    /// <summary>Reads records, of which those that are active are recalled; then all are there.</summary>
    /// <exception cref="StorageException">The store failed.</exception>
    public async Task LoadAsync(IPartitionStore store, string partition, IReadOnlyList<string> ids, CancellationToken cancellationToken)
    {
        foreach (var some in ids.Chunk(StorageLimits.MaxIdsPerGet))
        {
            var page = await store.GetAsync(partition, [.. some.Select(RecordDocumentIds.Record)], cancellationToken).ConfigureAwait(false);
            var records = page.Documents.Select(document => RecordDocument.Decode(document.Body.Span)).Where(record => record.Record.State == MemoryState.Active).ToList();
            lock (index.Gate)
            {
                foreach (var record in records)
                {
                    if (!_changed!.Contains(record.Id))
                    {
                        Put(record);
                    }
                }
            }
        }

        lock (index.Gate)
        {
            _changed = null;
        }
    }

    private void Put(RecordDocument record) => index.Put(record.Record, tokens.Count(record.Record.Content, model: null), (ulong)record.Key);
}
