using Granary.Core.Storage.Paged;

namespace Granary.Core.Tests.Storage.Paged.Histories;

/// <summary>The pages that a head names, directly or not, as record names; a leftover flush as its number with a star.</summary>
internal static class NamedPages
{
    public static async ValueTask<HashSet<string>> OfAsync(IRecordStore records, string partition, PartitionHead head)
    {
        var named = new HashSet<string>(StringComparer.Ordinal);
        foreach (var body in head.Tail)
        {
            AddBlobs(body.Body);
        }

        await AddTreeAsync(head.Root, head.Level);
        await AddGarbageAsync(head.Garbage);
        return named;

        void AddBlobs(StoredBody body) => named.UnionWith(body.BlobPages().Select(p => p.Record));

        async ValueTask<Page?> PageAsync(PageId page) =>
            await records.ReadAsync(partition, page.Record) is { } record ? PageCodec.Decode(record.Body) : null;

        async ValueTask AddTreeAsync(IEnumerable<PageRef> pages, int level)
        {
            foreach (var page in pages)
            {
                named.Add(page.Page.Record);
                switch (await PageAsync(page.Page))
                {
                    case IndexPage index:
                        await AddTreeAsync(index.Pages, level - 1);
                        break;
                    case LeafPage leaf:
                        leaf.Documents.ToList().ForEach(d => AddBlobs(d.Body));
                        break;
                }
            }
        }

        async ValueTask AddGarbageAsync(IEnumerable<Garbage> garbage)
        {
            foreach (var one in garbage)
            {
                named.Add(one.Kind is GarbageKind.Flush ? $"p{one.Page.Flush:x}-*" : one.Page.Record);
                if (one.Kind is GarbageKind.List && await PageAsync(one.Page) is GarbagePage list)
                {
                    await AddGarbageAsync(list.Garbage);
                }
            }
        }
    }
}
