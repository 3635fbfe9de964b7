using Granary.Conformance.Memory;
using Granary.Storage.Sqlite;

namespace Granary.Embedded.Tests;

/// <summary>The embedded host does over SQLite what it does over the store of the tests.</summary>
public sealed class SqliteMemoryTests : MemoryConformance
{
    protected override Task<MemoryFixture> OpenAsync() =>
        Task.FromResult<MemoryFixture>(new Fixture(Directory.CreateTempSubdirectory("granary-test-").FullName));

    private sealed class Fixture(string folder)
        : EmbeddedFixture(store: time => new SqlitePartitionStore(new SqliteStoreOptions { Folder = folder }, time))
    {
        public override async ValueTask DisposeAsync()
        {
            await ((SqlitePartitionStore)Store.Inner).DisposeAsync();
            Directory.Delete(folder, recursive: true);
        }
    }
}
