using Granary.Core.Storage;
using Granary.Core.Users.Erasure;
using Granary.Core.Users.Indexing;
using Granary.Core.Users.Records;

namespace Granary.Core.Users;

internal sealed partial class UserActor
{
    private static readonly string[] HeadIds = [RecordDocumentIds.Head, ErasureDocumentIds.Mark, ErasureDocumentIds.Life, VectorDocuments.Manifest, SynthesisDocument.Id];

    // Pages of rows that nothing is known of but that they are stored; only where the records themselves were read.
    private readonly List<long> _unknownPages = [];

    /// <summary>
    /// Finishes a change that a crash left half-way, then loads the counters and the rows of records: from their pages and the log, or from the records
    /// themselves where a release before stored them without.
    /// </summary>
    /// <param name="readAll">Reads the records themselves in any case.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>Whether all was read of one version.</returns>
    private async ValueTask<bool> TryLoadRecordsAsync(bool readAll, CancellationToken cancellationToken)
    {
        var now = _time.GetUtcNow();
        if (Version == PartitionVersion.None)
        {
            return true;
        }

        var redo = await Store.ReadAsync(Partition, DocumentRange.Prefix(RecordDocumentIds.RedoPrefix), cancellationToken).ConfigureAwait(false);
        if (redo.Documents.Count > 0)
        {
            await RedoAsync(redo.Documents[0], redo.Version, cancellationToken).ConfigureAwait(false);
            return false;
        }

        var head = await Store.GetAsync(Partition, HeadIds, cancellationToken).ConfigureAwait(false);
        if (redo.Version != Version || head.Version != Version)
        {
            return false;
        }

        TakeErasure(head.Documents);
        TakeVectorManifest(head.Documents);
        if (head.Documents.FirstOrDefault(document => document.Id == SynthesisDocument.Id) is { Id: not null } synthesis)
        {
            _synthesis = SynthesisDocument.Decode(synthesis.Body.Span);
        }

        if (head.Documents.FirstOrDefault(document => document.Id == RecordDocumentIds.Head) is not { Id: not null } counters)
        {
            return true;
        }

        var stored = UserHead.Decode(counters.Body.Span);
        if (stored.Layout == 0 || readAll)
        {
            _records.Load(stored with { Layout = 0, Log = null });
            return await TryLoadPagesAsync(RecordDocumentIds.RowsPrefix, document => _unknownPages.Add(NumberOf(document, RecordDocumentIds.RowsPrefix)), cancellationToken).ConfigureAwait(false)
                && await TryLoadPagesAsync(RecordDocumentIds.LogPrefix, document => _records.Log.Load(NumberOf(document, RecordDocumentIds.LogPrefix), []), cancellationToken).ConfigureAwait(false)
                && await TryLoadPagesAsync(RecordDocumentIds.RecordPrefix, LoadRecord, cancellationToken).ConfigureAwait(false);
        }

        _records.Load(stored);
        if (!await TryLoadPagesAsync(RecordDocumentIds.RowsPrefix, document => _records.Load(RowCodec.Decode(document.Body.Span, _records.Table.Names)), cancellationToken).ConfigureAwait(false)
            || !await TryLoadPagesAsync(RecordDocumentIds.LogPrefix, LoadLog, cancellationToken).ConfigureAwait(false))
        {
            return false;
        }

        if (stored.Log is not null)
        {
            var open = RowCodec.Decode(stored.Log, _records.Table.Names);
            _records.Load(open);
            _records.Log.LoadOpen(open);
        }

        _records.LookForDue();
        return true;

        void LoadRecord(Document document) => _records.Load(RecordDocument.Decode(document.Body.Span), now);

        void LoadLog(Document document)
        {
            var rows = RowCodec.Decode(document.Body.Span, _records.Table.Names);
            _records.Load(rows);
            _records.Log.Load(NumberOf(document, RecordDocumentIds.LogPrefix), rows);
        }

        static long NumberOf(Document document, string prefix) => RecordDocumentIds.NumberOf(document.Id, prefix);
    }

    private async ValueTask<bool> TryLoadPagesAsync(string prefix, Action<Document> take, CancellationToken cancellationToken)
    {
        DocumentRange? range = DocumentRange.Prefix(prefix);
        while (range is { } next)
        {
            var page = await Store.ReadAsync(Partition, next, cancellationToken).ConfigureAwait(false);
            if (page.Version != Version)
            {
                return false;
            }

            foreach (var document in page.Documents)
            {
                take(document);
            }

            range = page.Next is null ? null : next with { From = page.Next };
        }

        return true;
    }

    /// <summary>Makes the writes of a change that takes several commits; whatever was made of them is made again. A conflict means that another does it.</summary>
    private async ValueTask RedoAsync(Document redo, PartitionVersion version, CancellationToken cancellationToken)
    {
        // When the partition is due is known only once it is loaded: until then it is due at once.
        var due = _time.GetUtcNow();
        foreach (var step in RedoDocument.Steps(redo.Id, RedoDocument.Decode(redo.Body)))
        {
            var result = await Store.CommitAsync(
                new PartitionCommit { Partition = Partition, Expected = version, Writes = step, DueAt = due }, cancellationToken).ConfigureAwait(false);
            if (result.Status != CommitStatus.Committed)
            {
                return;
            }

            version = result.Version;
        }
    }
}
