using Granary.Embedded;

namespace Granary.Benchmarks.Proxy;

/// <summary>Granary's proxy over the embedded host and SQLite, and the sessions that calls go on from.</summary>
internal static class ProxyMemory
{
    public const string User = "bench";

    /// <summary>Turns of a session before a call.</summary>
    public const int Turns = 20;

    private const int AtATime = 64;

    public static Task<WebApplication> StartAsync(Uri upstream, MeasuredStore store) => WebHosts.GranaryAsync(builder =>
    {
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Granary:Providers:openai:Key"] = "sk-bench",
            ["Granary:Providers:openai:BaseUrl"] = upstream.ToString(),
            ["Granary:Providers:openai:MaxConcurrentCalls"] = "10000",
        });
        builder.Services.AddSingleton(store.Store);
        builder.Services.AddGranaryEmbedded(options =>
        {
            options.MaxSessions = 100_000;
            options.Resources = [SampleTurns.UnfoldedResource];
        });
        builder.Services.AddGranaryModels(builder.Configuration);
    });

    /// <summary>Stores sessions of <see cref="Turns"/> turns.</summary>
    public static Task PrepareAsync(IServiceProvider services, string prefix, int sessions)
    {
        var cluster = services.GetRequiredService<IMemoryCluster>();
        return Parallel.ForAsync(0, sessions, new ParallelOptions { MaxDegreeOfParallelism = AtATime }, async (number, cancellation) =>
        {
            var session = cluster.Session(new SessionKey("default", User, $"{prefix}-{number}"));
            for (var turn = 0; turn < Turns; turn++)
            {
                await session.AppendAsync(SampleTurns.Turn(turn), cancellation);
            }

            // Hot: what a session keeps for those who read it is its own, and no call's.
            await session.GetContextAsync(cancellationToken: cancellation);
        });
    }
}
