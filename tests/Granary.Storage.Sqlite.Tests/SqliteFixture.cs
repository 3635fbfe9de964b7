using Granary.Conformance;
using Granary.Core.Storage;

namespace Granary.Storage.Sqlite.Tests;

internal sealed class SqliteFixture : PersistentStoreFixture
{
    private readonly List<(SqlitePartitionStore Store, TestFolder Folder)> _opened = [];

    public SqliteFixture() => Open(new TestFolder());

    public override IPartitionStore Store => _opened[^1].Store;

    public override async Task ReopenAsync()
    {
        var (store, folder) = _opened[^1];
        await store.DisposeAsync();
        _opened.RemoveAt(_opened.Count - 1);
        Open(folder);
    }

    public override Task CrashAsync()
    {
        // The old store keeps running on its own folder, as writers of the test may still be in it.
        Open(_opened[^1].Folder.CopyAsAfterCrash());
        return Task.CompletedTask;
    }

    public override async ValueTask DisposeAsync()
    {
        foreach (var (store, folder) in _opened)
        {
            await store.DisposeAsync();
            folder.Dispose();
        }
    }

    private void Open(TestFolder folder) =>
        // Without checkpoints, so that a copy of the files is what a crash would leave.
        _opened.Add((new SqlitePartitionStore(new SqliteStoreOptions { Folder = folder.Path, CheckpointPages = int.MaxValue }, Time), folder));
}
