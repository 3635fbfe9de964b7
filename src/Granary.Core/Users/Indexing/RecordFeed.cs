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

    /// <summary>Reads the records that are active.</summary>
    /// <exception cref="StorageException">The store failed.</exception>
    public async Task LoadAsync(IPartitionStore store, string partition, CancellationToken cancellationToken)
    {
        DocumentRange? range = DocumentRange.Prefix(RecordDocumentIds.RecordPrefix);
        while (range is { } next)
        {
            var page = await store.ReadAsync(partition, next, cancellationToken).ConfigureAwait(false);
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

            range = page.Next is null ? null : next with { From = page.Next };
        }

        lock (index.Gate)
        {
            _changed = null;
        }
    }

    private void Put(RecordDocument record) => index.Put(record.Record, tokens.Count(record.Record.Content, model: null), (ulong)record.Key);
}
