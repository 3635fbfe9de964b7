namespace Granary.Core.Storage.Paged;

/// <summary>The pages that a commit is about to write, and those that they replace. Nothing is written until the plan is complete.</summary>
internal sealed class FlushPlan(long flush, PagedLimits limits)
{
    private readonly List<Page> _pages = [];
    private readonly List<PageId> _replaced = [];

    public long Flush => flush;

    public IReadOnlyList<Page> Pages => _pages;

    public IReadOnlyList<PageId> Replaced => _replaced;

    public PageId Add(Page page)
    {
        _pages.Add(page);
        return new PageId(flush, _pages.Count - 1);
    }

    public PageRef AddLeaf(IReadOnlyList<StoredDocument> documents) => new(
        documents[0].Id,
        documents[^1].Id,
        Add(new LeafPage([.. documents])),
        documents.Count,
        documents.Sum(d => d.Weight),
        documents.Any(d => d.Body.Kind is StoredKind.Blob));

    public PageRef AddIndex(IReadOnlyList<PageRef> pages) => new(
        pages[0].First, pages[^1].Last, Add(new IndexPage([.. pages])), pages.Count, 0, pages.Any(p => p.Blobs));

    public StoredBody AddBlob(ReadOnlyMemory<byte> body)
    {
        var first = new PageId(flush, _pages.Count);
        for (var at = 0; at < body.Length; at += limits.BlobPartBytes)
        {
            Add(new BlobPage(body.Slice(at, Math.Min(limits.BlobPartBytes, body.Length - at))));
        }

        return new StoredBody(StoredKind.Blob, default, first, _pages.Count - first.Index, body.Length);
    }

    public void Replace(PageId page)
    {
        // A page of this very plan cannot be replaced: each part of the tree is planned once.
        _replaced.Add(page);
    }

    /// <summary>Keeps the pages in memory, now that a head names them.</summary>
    public void RememberIn(RecordGateway gateway, string partition)
    {
        for (var i = 0; i < _pages.Count; i++)
        {
            gateway.Remember(partition, new PageId(flush, i), _pages[i]);
        }
    }

    public void Replace(StoredBody body) => _replaced.AddRange(body.BlobPages());
}
