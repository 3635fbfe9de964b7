using Granary.Core.Storage;
using Granary.Storage.Sqlite;

namespace Granary.Benchmarks.Shared;

/// <summary>The SQLite store, each in a folder of its own, and the reference for its writes.</summary>
internal sealed class SqliteStores : IMeasuredStores
{
    public string GroupSizeInstrument => GroupSizes.Sqlite;

    public Task<MeasuredStore> OpenAsync()
    {
        var folder = Directory.CreateTempSubdirectory("granary-store-").FullName;
        var store = new SqlitePartitionStore(new SqliteStoreOptions { Folder = folder });
        return Task.FromResult(new MeasuredStore(store, async () =>
        {
            await store.DisposeAsync();
            Directory.Delete(folder, recursive: true);
        }));
    }

    public Task<double> RunRawAsync(IReadOnlyList<PartitionCommit> prepare, IReadOnlyList<PartitionCommit> commits, IReadOnlyList<int> groups) =>
        Task.FromResult(RawSqlite.Run(prepare, commits, groups));
}
