using Granary.Conformance;
using Granary.Core.Storage.Paged;

namespace Granary.Core.Tests.Storage.Paged;

public sealed class PagedPartitionStoreConformanceTests : PersistentPartitionStoreConformance
{
    protected override Task<StoreFixture> OpenAsync() => Task.FromResult<StoreFixture>(new PagedFixture());
}

/// <summary>The same with sizes so small that everything happens all the time: pages split, index pages over index pages, lists of garbage.</summary>
public sealed class SmallPagesConformanceTests : PersistentPartitionStoreConformance
{
    protected override int LargePartitionDocuments => 1_000;

    protected override Task<StoreFixture> OpenAsync() => Task.FromResult<StoreFixture>(new PagedFixture(SmallPages.Options()));
}

/// <summary>And with heads so small that they are emptied again and again.</summary>
public sealed class SmallHeadsConformanceTests : PersistentPartitionStoreConformance
{
    protected override int LargePartitionDocuments => 300;

    protected override Task<StoreFixture> OpenAsync() => Task.FromResult<StoreFixture>(new PagedFixture(SmallPages.Options(headBytes: 1_000)));
}

/// <summary>Without memory: each call reads all that it needs.</summary>
public sealed class CachelessConformanceTests : PersistentPartitionStoreConformance
{
    protected override int LargePartitionDocuments => 1_000;

    protected override Task<StoreFixture> OpenAsync() =>
        Task.FromResult<StoreFixture>(new PagedFixture(new PagedStoreOptions { HeadCacheBytes = 0, PageCacheBytes = 0 }));
}
