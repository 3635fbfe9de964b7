using System.Net.Http.Headers;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Granary.Benchmarks.Shared;

/// <summary><c>POST /memory/context</c> of a hot session of 10 turns against an endpoint that answers the same bytes.</summary>
internal static class ContextLoad
{
    private const int Connections = 64;
    private const int Sessions = 200;

    /// <summary>Many short ones in turn: what else the machine does meets both alike.</summary>
    private const int Rounds = 21;
    private static readonly TimeSpan Warmup = TimeSpan.FromSeconds(0.25);
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(1);

    /// <summary>Measures a host that runs.</summary>
    /// <param name="granary">The host.</param>
    /// <param name="title">Which host, and the target.</param>
    public static async Task MeasureAsync(WebApplication granary, string title)
    {
        var cluster = granary.Services.GetRequiredService<IMemoryCluster>();
        for (var session = 0; session < Sessions; session++)
        {
            await Grow.ToAsync(cluster.Session(new SessionKey(Ids.DefaultTenant, "user", $"session-{session}")), 10);
        }

        using var client = new HttpClient { BaseAddress = granary.Address() };
        var content = new StringContent(Body(0), new MediaTypeHeaderValue("application/json"));
        var answer = await (await client.PostAsync("/memory/context", content)).EnsureSuccessStatusCode().Content.ReadAsByteArrayAsync();
        await using var bare = await WebHosts.BareAsync(answer);
        var ours = new List<double>();
        var theirs = new List<double>();
        for (var round = -3; round < Rounds; round++)
        {
            var our = await LoadGenerator.RunAsync(granary.Address(), Connections, Warmup, Duration, (c, n) => LoadGenerator.Post("/memory/context", Body(((n * Connections) + c) % Sessions)));
            var their = await LoadGenerator.RunAsync(bare.Address(), Connections, Warmup, Duration, (c, n) => LoadGenerator.Post("/bytes", Body(((n * Connections) + c) % Sessions)));
            if (round >= 0)
            {
                ours.Add(our);
                theirs.Add(their);
            }
        }

        var ratios = ours.Zip(theirs, (a, b) => a / b).ToList();
        new Table($"POST /memory/context, hot, 10 turns, {answer.Length:N0} bytes, {Connections} connections over {Sessions} sessions, {title}", "", "requests/s", "ratio", "quartiles")
            .Row("Granary", Quantiles.Median(ours), Quantiles.Median(ratios), Quantiles.Quartiles(ratios))
            .Row("the same bytes", Quantiles.Median(theirs), 1.0, "")
            .Print();
    }

    private static string Body(int session) => $$"""{"user_id":"user","session_id":"session-{{session}}"}""";
}
