namespace Granary.Core.Storage.Paged;

/// <summary>Reads a range of a partition: merges the tail over the pages.</summary>
internal sealed class RangeRead(PartitionHead head, PartitionView view)
{
    public async ValueTask<PartitionPage> ReadAsync(DocumentRange range)
    {
        var start = range.Floor is null ? range.From : await FloorAsync(range.Floor, range.From).ConfigureAwait(false) ?? range.From;
        var found = new List<StoredDocument>();
        var bytes = 0L;
        string? next = null;
        if (string.CompareOrdinal(start, range.To) < 0)
        {
            await foreach (var document in DocumentsAsync(start, range.To).ConfigureAwait(false))
            {
                bytes += document.Id.Length + document.Body.Length;
                if (found.Count > 0 && (found.Count == range.Limit || bytes > StorageLimits.PageBytes))
                {
                    next = document.Id;
                    break;
                }

                found.Add(document);
            }
        }

        var documents = new List<Document>(found.Count);
        foreach (var document in found)
        {
            documents.Add(new Document(document.Id, await view.BytesAsync(document.Body).ConfigureAwait(false)));
        }

        return new PartitionPage(new PartitionVersion(head.Version), false, documents, next);
    }

    /// <summary>The greatest id that exists from <paramref name="floor"/> to <paramref name="from"/>, both inclusive.</summary>
    private async ValueTask<string?> FloorAsync(string floor, string from)
    {
        if (string.CompareOrdinal(floor, from) > 0)
        {
            return null;
        }

        string? best = null;
        var end = view.TailFrom(from);
        for (var i = end < head.Tail.Length && head.Tail[end].Id == from ? end : end - 1; i >= 0 && best is null; i--)
        {
            if (string.CompareOrdinal(head.Tail[i].Id, floor) < 0)
            {
                break;
            }

            best = head.Tail[i].Body.Kind is StoredKind.Removed ? null : head.Tail[i].Id;
        }

        if (best == from)
        {
            return best;
        }

        await foreach (var page in view.LeavesAsync(best ?? floor, from, backward: true).ConfigureAwait(false))
        {
            var leaf = await view.LeafAsync(page).ConfigureAwait(false);
            var after = leaf.FirstNotBefore(from);
            for (var i = after < leaf.Documents.Length && leaf.Documents[after].Id == from ? after : after - 1; i >= 0; i--)
            {
                var id = leaf.Documents[i].Id;
                if (string.CompareOrdinal(id, best ?? floor) < 0)
                {
                    return best;
                }

                if (!IsCovered(id))
                {
                    return id;
                }
            }
        }

        return best;
    }

    /// <summary>The documents from <paramref name="from"/>, inclusive, to <paramref name="to"/>, exclusive.</summary>
    private async IAsyncEnumerable<StoredDocument> DocumentsAsync(string from, string to)
    {
        var tail = view.TailFrom(from);
        await foreach (var page in view.LeavesAsync(from, to).ConfigureAwait(false))
        {
            // What the tail has before the page comes first, and may be all that is wanted.
            for (; TailBefore(page.First); tail++)
            {
                if (head.Tail[tail].Body.Kind is not StoredKind.Removed)
                {
                    yield return new StoredDocument(head.Tail[tail].Id, head.Tail[tail].Body);
                }
            }

            var leaf = await view.LeafAsync(page).ConfigureAwait(false);
            for (var i = leaf.FirstNotBefore(from); i < leaf.Documents.Length && string.CompareOrdinal(leaf.Documents[i].Id, to) < 0; i++)
            {
                for (; TailBefore(leaf.Documents[i].Id); tail++)
                {
                    if (head.Tail[tail].Body.Kind is not StoredKind.Removed)
                    {
                        yield return new StoredDocument(head.Tail[tail].Id, head.Tail[tail].Body);
                    }
                }

                if (!IsCovered(leaf.Documents[i].Id))
                {
                    yield return leaf.Documents[i];
                }
            }
        }

        for (; TailBefore(to); tail++)
        {
            if (head.Tail[tail].Body.Kind is not StoredKind.Removed)
            {
                yield return new StoredDocument(head.Tail[tail].Id, head.Tail[tail].Body);
            }
        }

        bool TailBefore(string id) => tail < head.Tail.Length && string.CompareOrdinal(head.Tail[tail].Id, id) < 0
            && string.CompareOrdinal(head.Tail[tail].Id, to) < 0;
    }

    private bool IsCovered(string id)
    {
        var at = view.TailFrom(id);
        return at < head.Tail.Length && head.Tail[at].Id == id;
    }
}
