using Granary.Core.Storage;
using Granary.Embedded;
using Granary.Storage.Sqlite;

namespace Granary.Benchmarks;

/// <summary>The memory in this process over SQLite in a folder of its own, as the server has it.</summary>
internal sealed class Host : IAsyncDisposable
{
    private readonly ServiceProvider services;

    public Host(int maxSessions = 100_000, Func<IPartitionStore, IPartitionStore>? wrap = null, Action<IServiceCollection>? configure = null)
    {
        Folder = Directory.CreateTempSubdirectory("granary-bench-").FullName;
        Store = new SqlitePartitionStore(new SqliteStoreOptions { Folder = Folder });
        var collection = new ServiceCollection().AddLogging();
        collection.AddSingleton(wrap is null ? Store : wrap(Store));
        configure?.Invoke(collection);
        collection.AddGranaryEmbedded(options =>
        {
            options.MaxSessions = maxSessions;
            options.Resources = [SampleTurns.UnfoldedResource];
        });
        services = collection.BuildServiceProvider();
        Cluster = services.GetRequiredService<EmbeddedCluster>();
    }

    public string Folder { get; }

    public SqlitePartitionStore Store { get; }

    public EmbeddedCluster Cluster { get; }

    public ISessionMemory Session(int number) => Session($"session-{number}");

    public ISessionMemory Session(string id) => Cluster.Session(new SessionKey("bench", "user", id));

    public IUserMemory User(string id = "user") => Cluster.User(new UserKey("bench", id));

    public async ValueTask DisposeAsync()
    {
        await services.DisposeAsync();
        await Store.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }
}
