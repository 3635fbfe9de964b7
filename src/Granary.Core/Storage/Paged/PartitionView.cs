using System.Runtime.CompilerServices;

namespace Granary.Core.Storage.Paged;

/// <summary>The documents of a partition as one head has them.</summary>
internal sealed class PartitionView(string partition, PartitionHead head, RecordGateway gateway, CancellationToken cancellationToken)
{
    /// <summary>The place of the first document of the tail whose id is not before <paramref name="id"/>.</summary>
    public int TailFrom(string id)
    {
        var (low, high) = (0, head.Tail.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = string.CompareOrdinal(head.Tail[middle].Id, id) < 0 ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    /// <summary>A document's body, or null if there is none.</summary>
    public async ValueTask<StoredBody?> FindAsync(string id)
    {
        var at = TailFrom(id);
        if (at < head.Tail.Length && head.Tail[at].Id == id)
        {
            return head.Tail[at].Body is { Kind: not StoredKind.Removed } body ? body : null;
        }

        return await FindInPagesAsync(id).ConfigureAwait(false);
    }

    /// <summary>The body that a page holds under an id, be it covered by the tail or not.</summary>
    public async ValueTask<StoredBody?> FindInPagesAsync(string id)
    {
        await foreach (var page in LeavesAsync(id, id).ConfigureAwait(false))
        {
            return (await LeafAsync(page).ConfigureAwait(false)).Find(id);
        }

        return null;
    }

    /// <summary>Whether no document of the same prefix has a greater id; one without a prefix is never the greatest.</summary>
    public async ValueTask<bool> IsGreatestAsync(string id)
    {
        if (DocumentPrefix.Of(id).IsEmpty)
        {
            return false;
        }

        for (var i = TailFrom(id); i < head.Tail.Length && DocumentPrefix.Same(id, head.Tail[i].Id); i++)
        {
            if (head.Tail[i].Id != id)
            {
                return false;
            }
        }

        await foreach (var page in LeavesAsync(id, "~").ConfigureAwait(false))
        {
            if (string.CompareOrdinal(page.First, id) > 0)
            {
                return !DocumentPrefix.Same(id, page.First);
            }

            var leaf = await LeafAsync(page).ConfigureAwait(false);
            return !DocumentPrefix.Same(id, leaf.Documents[leaf.FirstNotBefore(id)].Id);
        }

        return true;
    }

    /// <summary>
    /// The pages that may hold ids from <paramref name="from"/> to <paramref name="to"/>, both inclusive, in their order or from the last on.
    /// </summary>
    public IAsyncEnumerable<PageRef> LeavesAsync(string from, string to, bool backward = false) =>
        LeavesAsync(head.Root, head.Level, from, to, backward);

    public ValueTask<LeafPage> LeafAsync(PageRef page) => gateway.ReadPageAsync<LeafPage>(partition, page.Page, cancellationToken);

    /// <summary>A body's bytes, read from its pages if it has any.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> BytesAsync(StoredBody body)
    {
        if (body.Kind is StoredKind.Inline)
        {
            return body.Bytes;
        }

        if (body.Parts == 1)
        {
            return (await gateway.ReadPageAsync<BlobPage>(partition, body.Blob, cancellationToken).ConfigureAwait(false)).Part;
        }

        var bytes = new byte[body.Length];
        var at = 0;
        foreach (var page in body.BlobPages())
        {
            var part = (await gateway.ReadPageAsync<BlobPage>(partition, page, cancellationToken).ConfigureAwait(false)).Part;
            part.CopyTo(bytes.AsMemory(at));
            at += part.Length;
        }

        return bytes;
    }

    private async IAsyncEnumerable<PageRef> LeavesAsync(
        IReadOnlyList<PageRef> pages, int level, string from, string to, bool backward, [EnumeratorCancellation] CancellationToken unused = default)
    {
        for (var i = 0; i < pages.Count; i++)
        {
            var page = pages[backward ? pages.Count - 1 - i : i];
            if (string.CompareOrdinal(page.Last, from) < 0 || string.CompareOrdinal(page.First, to) > 0)
            {
                continue;
            }

            if (level == 0)
            {
                yield return page;
                continue;
            }

            var index = await gateway.ReadPageAsync<IndexPage>(partition, page.Page, cancellationToken).ConfigureAwait(false);
            await foreach (var leaf in LeavesAsync(index.Pages, level - 1, from, to, backward, unused).ConfigureAwait(false))
            {
                yield return leaf;
            }
        }
    }
}
