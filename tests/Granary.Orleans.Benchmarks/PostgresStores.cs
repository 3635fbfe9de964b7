using Granary.Core.Storage;
using Granary.Storage.Postgres;
using Granary.Testing.Postgres;

namespace Granary.Orleans.Benchmarks;

/// <summary>The PostgreSQL store, each in a database of its own of one server, and the reference for its writes.</summary>
internal sealed class PostgresStores(PostgresServer server) : IMeasuredStores
{
    public string GroupSizeInstrument => "granary.postgres.group.size";

    public async Task<MeasuredStore> OpenAsync()
    {
        var store = new PostgresPartitionStore(new PostgresStoreOptions { ConnectionString = await server.CreateDatabaseAsync() });
        return new MeasuredStore(store, () => store.DisposeAsync().AsTask());
    }

    public async Task<double> RunRawAsync(IReadOnlyList<PartitionCommit> prepare, IReadOnlyList<PartitionCommit> commits, IReadOnlyList<int> groups)
    {
        await using var raw = await RawPostgres.OpenAsync(await server.CreateDatabaseAsync());
        return await raw.RunAsync(prepare, commits, groups);
    }
}
