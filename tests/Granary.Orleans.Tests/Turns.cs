using Granary.Orleans.Grains;
using Orleans;
using Orleans.Runtime;
using Orleans.Runtime.Placement;
using Orleans.TestingHost;

namespace Granary.Orleans.Tests;

/// <summary>What most tests of the host need.</summary>
internal static class Turns
{
    public static readonly UserKey Ada = new("acme", "ada");

    /// <summary>How long a test waits for what must come soon, whatever else the machine does.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public static SessionKey Key(string session) => new(Ada.Tenant, Ada.User, session);

    public static AppendRequest Turn(string text, string? key = null) => new()
    {
        Messages = [new Message { Role = MessageRole.User, Content = text }, new Message { Role = MessageRole.Assistant, Content = $"answer to {text}" }],
        IdempotencyKey = key,
    };

    public static ValueTask<AppendResult> AppendAsync(this IMemoryCluster memory, string session, string text, string? key = null) =>
        memory.Session(Key(session)).AppendAsync(Turn(text, key));

    /// <summary>All messages of a session.</summary>
    public static async Task<List<Message>> HistoryAsync(this IMemoryCluster memory, string session)
    {
        var all = new List<Message>();
        long? next = 1;
        while (next is { } from)
        {
            var page = await memory.Session(Key(session)).GetMessagesAsync(from, 1000);
            all.AddRange(page.Messages);
            next = page.Next;
        }

        return all;
    }

    /// <summary>The grain of a session.</summary>
    public static GrainId Grain(this InProcessTestCluster cluster, string session) =>
        cluster.Client.GetGrain<ISessionGrain>(GrainKeys.Of(Key(session))).GetGrainId();

    /// <summary>The number of the silo that a session is on; -1 if it is in no memory.</summary>
    public static int SiloOf(this InProcessTestCluster cluster, string session) =>
        cluster.TryGetGrainContext(cluster.Grain(session), out var context)
            ? cluster.Silos.ToList().FindIndex(silo => silo.SiloAddress.Equals(context.Address.SiloAddress))
            : -1;

    /// <summary>Begins a session on a silo.</summary>
    public static async Task BeginOnAsync(this InProcessTestCluster cluster, int silo, string session, string? resource = null)
    {
        RequestContext.Set(IPlacementDirector.PlacementHintKey, cluster.Silos[silo].SiloAddress);
        await cluster.Memory().Session(Key(session)).AppendAsync(Turn("hello") with { Resource = resource });
        RequestContext.Clear();
        cluster.SiloOf(session).ShouldBe(silo);
    }

    /// <summary>Waits until something holds; looks often, gives up late.</summary>
    public static async Task UntilAsync(Func<Task<bool>> holds, string what)
    {
        var deadline = DateTime.UtcNow + Patience;
        while (!await holds())
        {
            (DateTime.UtcNow < deadline).ShouldBeTrue($"It took too long until {what}.");
            await Task.Delay(20);
        }
    }
}
