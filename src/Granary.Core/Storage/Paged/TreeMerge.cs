using System.Collections.Immutable;

namespace Granary.Core.Storage.Paged;

/// <summary>
/// Merges documents into the pages copy-on-write: a B+ tree (Bayer, McCreight) whose root is in the head. A page that is touched is
/// planned anew and its old form given up; what is not touched is not read.
/// </summary>
internal sealed class TreeMerge(string partition, RecordGateway gateway, FlushPlan plan, PagedLimits limits)
{
    /// <summary>Merges changes into a head's pages.</summary>
    /// <param name="head">The head.</param>
    /// <param name="changes">What to merge, ordered by id.</param>
    /// <returns>The head with the new pages; its tail is as it was.</returns>
    public async ValueTask<PartitionHead> MergeAsync(PartitionHead head, IReadOnlyList<TailDocument> changes)
    {
        if (changes.Count == 0)
        {
            return head;
        }

        var (root, level) = (await MergeAsync(head.Root, head.Level, changes).ConfigureAwait(false), head.Level);
        while (root.Count > limits.FanOut)
        {
            root = [.. Even(root, limits.FanOut).Select(plan.AddIndex)];
            level++;
        }

        return head with { Root = [.. root], Level = root.Count == 0 ? 0 : level };
    }

    private async ValueTask<IReadOnlyList<PageRef>> MergeAsync(ImmutableArray<PageRef> pages, int level, IReadOnlyList<TailDocument> changes)
    {
        var merged = new List<PageRef>();
        var at = 0;
        for (var i = 0; i < pages.Length; i++)
        {
            var begin = at;
            while (at < changes.Count && (i == pages.Length - 1 || BelongsTo(changes[at].Id, pages[i], pages[i + 1])))
            {
                at++;
            }

            if (begin == at)
            {
                merged.Add(pages[i]);
                continue;
            }

            var mine = changes.Skip(begin).Take(at - begin).ToArray();
            var merging = level == 0 ? MergeLeafAsync(pages[i], mine) : MergeIndexAsync(pages[i], level, mine);
            merged.AddRange(await merging.ConfigureAwait(false));
        }

        if (pages.IsEmpty)
        {
            merged.AddRange(Split(Values(changes), growsAtEnd: false).Select(plan.AddLeaf));
        }

        return merged;
    }

    /// <summary>Whether an id that is not beyond the next page goes to this one. Between two pages it goes to that of its prefix.</summary>
    private static bool BelongsTo(string id, PageRef page, PageRef next)
    {
        if (string.CompareOrdinal(id, next.First) >= 0)
        {
            return false;
        }

        return string.CompareOrdinal(id, page.Last) <= 0 || !DocumentPrefix.Same(id, next.First) || DocumentPrefix.Same(id, page.Last);
    }

    private async ValueTask<IEnumerable<PageRef>> MergeIndexAsync(PageRef page, int level, TailDocument[] changes)
    {
        var index = await gateway.ReadPageAsync<IndexPage>(partition, page.Page, CancellationToken.None).ConfigureAwait(false);
        var children = await MergeAsync(index.Pages, level - 1, changes).ConfigureAwait(false);
        if (children.SequenceEqual(index.Pages))
        {
            return [page];
        }

        plan.Replace(page.Page);
        return children.Count == 0 ? [] : Even(children, limits.FanOut).Select(plan.AddIndex);
    }

    private async ValueTask<IEnumerable<PageRef>> MergeLeafAsync(PageRef page, TailDocument[] changes)
    {
        var growsAtEnd = changes.All(c => c.Body.Kind is not StoredKind.Removed) && string.CompareOrdinal(changes[0].Id, page.Last) > 0;
        if (growsAtEnd && DocumentPrefix.Same(page.First, page.Last) &&
            (page.Bytes + changes.Sum(c => Stored(c).Weight) > limits.LeafBytes || page.Documents + changes.Length > limits.LeafDocuments))
        {
            // A full run of a log is never written again.
            return [page, .. Split(Values(changes), growsAtEnd: true).Select(plan.AddLeaf)];
        }

        var leaf = await gateway.ReadPageAsync<LeafPage>(partition, page.Page, CancellationToken.None).ConfigureAwait(false);
        var documents = Merge(leaf, changes, out var changed);
        if (!changed)
        {
            return [page];
        }

        plan.Replace(page.Page);
        return documents.Count == 0 ? [] : Split(documents, growsAtEnd).Select(plan.AddLeaf);
    }

    private List<StoredDocument> Merge(LeafPage leaf, TailDocument[] changes, out bool changed)
    {
        var documents = new List<StoredDocument>(leaf.Documents.Length + changes.Length);
        var at = 0;
        changed = false;
        foreach (var change in changes)
        {
            for (; at < leaf.Documents.Length && string.CompareOrdinal(leaf.Documents[at].Id, change.Id) < 0; at++)
            {
                documents.Add(leaf.Documents[at]);
            }

            if (at < leaf.Documents.Length && leaf.Documents[at].Id == change.Id)
            {
                plan.Replace(leaf.Documents[at].Body);
                changed = true;
                at++;
            }

            if (change.Body.Kind is not StoredKind.Removed)
            {
                documents.Add(Stored(change));
                changed = true;
            }
        }

        documents.AddRange(leaf.Documents.AsSpan()[at..]);
        return documents;
    }

    /// <summary>Cuts documents into pages: between two prefixes if it can, otherwise in halves, or full from the left if they grow at their end.</summary>
    private IEnumerable<IReadOnlyList<StoredDocument>> Split(List<StoredDocument> documents, bool growsAtEnd)
    {
        if (documents.Count == 0)
        {
            return [];
        }

        var bytes = documents.Sum(d => d.Weight);
        if (documents.Count == 1 || (bytes <= limits.LeafBytes && documents.Count <= limits.LeafDocuments))
        {
            return [documents];
        }

        var cut = DocumentPrefix.Same(documents[0].Id, documents[^1].Id)
            ? growsAtEnd ? Full(documents) : Half(documents, bytes)
            : Between(documents, Half(documents, bytes));
        return Split(documents.GetRange(0, cut), growsAtEnd).Concat(Split(documents.GetRange(cut, documents.Count - cut), growsAtEnd));
    }

    private int Full(List<StoredDocument> documents)
    {
        var (count, bytes) = (0, 0);
        while (count < documents.Count && count < limits.LeafDocuments && bytes + documents[count].Weight <= limits.LeafBytes)
        {
            bytes += documents[count++].Weight;
        }

        return Math.Clamp(count, 1, documents.Count - 1);
    }

    private static int Half(List<StoredDocument> documents, int bytes)
    {
        var (count, half) = (0, 0);
        while (half < bytes / 2)
        {
            half += documents[count++].Weight;
        }

        return Math.Clamp(count, 1, documents.Count - 1);
    }

    /// <summary>The place nearest to the middle at which one prefix ends and the next begins; the middle if there is none.</summary>
    private static int Between(List<StoredDocument> documents, int middle)
    {
        for (var distance = 0; distance < documents.Count; distance++)
        {
            foreach (var cut in (ReadOnlySpan<int>)[middle - distance, middle + distance])
            {
                if (cut > 0 && cut < documents.Count
                    && !DocumentPrefix.Of(documents[cut - 1].Id).SequenceEqual(DocumentPrefix.Of(documents[cut].Id)))
                {
                    return cut;
                }
            }
        }

        return middle;
    }

    private static IEnumerable<IReadOnlyList<PageRef>> Even(IReadOnlyList<PageRef> pages, int fanOut)
    {
        // Where there is one part too many, all get room for half as much again.
        var parts = pages.Count <= fanOut ? 1 : (pages.Count + (fanOut * 2 / 3) - 1) / (fanOut * 2 / 3);
        for (var part = 0; part < parts; part++)
        {
            var (from, to) = (pages.Count * part / parts, pages.Count * (part + 1) / parts);
            yield return [.. pages.Skip(from).Take(to - from)];
        }
    }

    private static List<StoredDocument> Values(IEnumerable<TailDocument> changes) =>
        [.. changes.Where(c => c.Body.Kind is not StoredKind.Removed).Select(Stored)];

    private static StoredDocument Stored(TailDocument document) => new(document.Id, document.Body);
}
