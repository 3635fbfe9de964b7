using Granary.Core.Storage;
using Granary.Core.Users.Erasure;
using Granary.Core.Users.Records;

namespace Granary.Core.Users;

internal sealed partial class UserActor
{
    private static readonly string[] HeadIds = [RecordDocumentIds.Head, ErasureDocumentIds.Mark, ErasureDocumentIds.Life, SynthesisDocument.Id];

    /// <summary>Finishes a change that a crash left half-way, then loads the counters and the records.</summary>
    /// <returns>Whether all was read of one version.</returns>
    private async ValueTask<bool> TryLoadRecordsAsync(CancellationToken cancellationToken)
    {
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
        if (head.Documents.FirstOrDefault(document => document.Id == SynthesisDocument.Id) is { Id: not null } synthesis)
        {
            _synthesis = SynthesisDocument.Decode(synthesis.Body.Span);
        }

        if (head.Documents.FirstOrDefault(document => document.Id == RecordDocumentIds.Head) is not { Id: not null } counters)
        {
            return true;
        }

        _records.Load(UserHead.Decode(counters.Body.Span));
        return await TryLoadAllRecordsAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Loads every record: what a user without an index of its own does.</summary>
    private async ValueTask<bool> TryLoadAllRecordsAsync(CancellationToken cancellationToken)
    {
        var now = _time.GetUtcNow();
        DocumentRange? range = DocumentRange.Prefix(RecordDocumentIds.RecordPrefix);
        while (range is { } next)
        {
            var page = await Store.ReadAsync(Partition, next, cancellationToken).ConfigureAwait(false);
            if (page.Version != Version)
            {
                return false;
            }

            foreach (var document in page.Documents)
            {
                _records.Load(RecordDocument.Decode(document.Body.Span), now);
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
