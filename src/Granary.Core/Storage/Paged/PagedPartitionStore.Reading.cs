namespace Granary.Core.Storage.Paged;

public sealed partial class PagedPartitionStore
{
    /// <inheritdoc/>
    public ValueTask<PartitionPage> ReadAsync(string partition, DocumentRange range, CancellationToken cancellationToken = default)
    {
        StorageGuard.CheckPartition(partition);
        StorageGuard.CheckRange(range);
        return ReadAsync(partition, (head, view) => new RangeRead(head, view).ReadAsync(range), cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<PartitionPage> GetAsync(string partition, IReadOnlyList<string> ids, CancellationToken cancellationToken = default)
    {
        StorageGuard.CheckPartition(partition);
        StorageGuard.CheckDocuments(ids);
        var wanted = ids.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        return ReadAsync(partition, (head, view) => GetAsync(head, view, wanted), cancellationToken);
    }

    private static async ValueTask<PartitionPage> GetAsync(PartitionHead head, PartitionView view, List<string> ids)
    {
        var documents = new List<Document>();
        foreach (var id in ids)
        {
            if (await view.FindAsync(id).ConfigureAwait(false) is { } body)
            {
                documents.Add(new Document(id, await view.BytesAsync(body).ConfigureAwait(false)));
            }
        }

        return new PartitionPage(new PartitionVersion(head.Version), false, documents, null);
    }

    /// <summary>Reads by the latest head. Where its pages are removed before they were read, by the next.</summary>
    private async ValueTask<PartitionPage> ReadAsync(
        string partition, Func<PartitionHead, PartitionView, ValueTask<PartitionPage>> read, CancellationToken cancellationToken)
    {
        var known = await _heads.ReadAsync(partition, cancellationToken).ConfigureAwait(false);
        for (var i = 0; i < MaxAttempts; i++)
        {
            if (known.Head is not { State: not HeadState.Reserved } head)
            {
                return PartitionPage.Missing;
            }

            if (head.State is not HeadState.Live)
            {
                return new PartitionPage(PartitionVersion.None, true, [], null);
            }

            try
            {
                return await read(head, new PartitionView(partition, head, _gateway, cancellationToken)).ConfigureAwait(false);
            }
            catch (PageMissingException missing)
            {
                LogOvertaken(_logger, partition);
                var now = await _heads.ReadAsync(partition, cancellationToken).ConfigureAwait(false);
                known = now.ETag != known.ETag ? now : throw PageLost(partition, missing);
            }
        }

        throw new StorageException($"Partition '{partition}' changed {MaxAttempts} times while it was read.");
    }
}
