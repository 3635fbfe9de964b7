using Granary.Conformance;
using Granary.Conformance.Stores;
using Granary.Core.Storage;
using Granary.Core.Storage.Paged;

namespace Granary.Core.Tests.Storage.Paged;

/// <summary>A paged store over records in memory, its due lists in the same records. After a crash another over a copy of the records.</summary>
internal sealed class PagedFixture : PersistentStoreFixture
{
    private readonly PagedStoreOptions _options;
    private InMemoryRecordStore _records = new();
    private PagedPartitionStore _store;

    public PagedFixture(PagedStoreOptions? options = null)
    {
        _options = options ?? new PagedStoreOptions();
        _store = Open();
    }

    public override IPartitionStore Store => _store;

    public override Task ReopenAsync()
    {
        _store = Open();
        return Task.CompletedTask;
    }

    public override Task CrashAsync()
    {
        // The old store keeps its records, as writers of the test may still be in it.
        _records = _records.Copy();
        _store = Open();
        return Task.CompletedTask;
    }

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private PagedPartitionStore Open()
    {
        var lists = new PagedPartitionStore(_records, NoDueList.Instance, Time, _options);
        return new PagedPartitionStore(_records, new PartitionDueList(lists, Time), Time, _options);
    }
}
