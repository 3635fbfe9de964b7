using Granary.Conformance;
using Granary.Core.Storage;

namespace Granary.Storage.Postgres.Tests;

internal sealed class PostgresFixture : PersistentStoreFixture
{
    private readonly string _connection;
    private readonly List<PostgresPartitionStore> _opened = [];

    private PostgresFixture(string connection)
    {
        _connection = connection;
        Open();
    }

    public static async Task<PostgresFixture> CreateAsync() => new(await SharedServer.CreateDatabaseAsync());

    public override IPartitionStore Store => _opened[^1];

    public override async Task ReopenAsync()
    {
        await _opened[^1].DisposeAsync();
        Open();
    }

    public override async Task CrashAsync()
    {
        // What a process leaves that dies: connections that end in the middle of anything. The old store has lost them all.
        await Backends.KillAllAsync(_connection);
        Open();
    }

    public override async ValueTask DisposeAsync()
    {
        foreach (var store in _opened)
        {
            await store.DisposeAsync();
        }
    }

    private void Open() => _opened.Add(new PostgresPartitionStore(new PostgresStoreOptions { ConnectionString = _connection, Writers = 3 }, Time));
}
