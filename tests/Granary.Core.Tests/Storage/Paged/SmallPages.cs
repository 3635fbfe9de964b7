using Granary.Core.Storage.Paged;

namespace Granary.Core.Tests.Storage.Paged;

/// <summary>Sizes so small that a few writes fill pages, indexes and lists.</summary>
internal static class SmallPages
{
    public static PagedStoreOptions Options(long cacheBytes = 1_000_000, int headBytes = 256 * 1024) => new()
    {
        LogRun = 2,
        Parallelism = 1,
        HeadCacheBytes = cacheBytes,
        PageCacheBytes = cacheBytes,
        Limits = new PagedLimits
        {
            HeadBytes = headBytes,
            Redo = 5,
            RedoBytes = 800,
            LogBytes = 1_000,
            Singletons = 2,
            SingletonBytes = 60,
            BlobBytes = 150,
            BlobPartBytes = 120,
            LeafBytes = 600,
            LeafDocuments = 6,
            FanOut = 4,
            Garbage = 8,
            GarbageLists = 3,
        },
    };
}
