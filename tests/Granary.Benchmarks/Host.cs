using Granary.Core.Storage;
using Granary.Embedded;
using Granary.Storage.Sqlite;

namespace Granary.Benchmarks;

/// <summary>The memory in this process over SQLite in a folder of its own, as the server has it.</summary>
internal sealed class Host : IAsyncDisposable
{
    /// <summary>A resource that never folds, for sessions of more turns than the turn buffer.</summary>
    public const string Unfolded = "unfolded";

    public static readonly MemoryResource UnfoldedResource = new()
    {
        Name = Unfolded,
        Budget = new BudgetPolicy { ContextTokens = 100_000_000, OutputTokens = 0, SafetyTokens = 0 },
        Compaction = new CompactionPolicy { TurnBuffer = null },
    };

    private readonly ServiceProvider services;

    public Host(int maxSessions = 100_000, Func<IPartitionStore, IPartitionStore>? wrap = null)
    {
        Folder = Directory.CreateTempSubdirectory("granary-bench-").FullName;
        Store = new SqlitePartitionStore(new SqliteStoreOptions { Folder = Folder });
        var collection = new ServiceCollection().AddLogging();
        collection.AddSingleton(wrap is null ? Store : wrap(Store));
        collection.AddGranaryEmbedded(options =>
        {
            options.MaxSessions = maxSessions;
            options.Resources = [UnfoldedResource];
        });
        services = collection.BuildServiceProvider();
        Cluster = services.GetRequiredService<EmbeddedCluster>();
    }

    public string Folder { get; }

    public SqlitePartitionStore Store { get; }

    public EmbeddedCluster Cluster { get; }

    public ISessionMemory Session(int number) => Session($"session-{number}");

    public ISessionMemory Session(string id) => Cluster.Session(new SessionKey("bench", "user", id));

    public async ValueTask DisposeAsync()
    {
        await services.DisposeAsync();
        await Store.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }

    public static AppendRequest Turn(int number, string? resource = Unfolded) => new()
    {
        Resource = resource,
        Messages =
        [
            new Message { Role = MessageRole.User, Content = $"Question {number}: could you move the meeting with the Lisbon office to Thursday at 14:30, please?" },
            new Message { Role = MessageRole.Assistant, Content = $"Answer {number}: done. The meeting with the Lisbon office is on Thursday at 14:30 now; I told Maria and Tom and moved the room." },
        ],
    };
}
