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
        var rounds = new List<(Cost Ours, Cost Theirs)>();
        for (var round = -3; round < Rounds; round++)
        {
            var ours = await CostAsync(granary, "/memory/context");
            var theirs = await CostAsync(bare, "/bytes");
            if (round >= 0)
            {
                rounds.Add((ours, theirs));
            }
        }

        var ratios = rounds.Select(r => r.Ours.Rate / r.Theirs.Rate).ToList();
        new Table(
            $"POST /memory/context, hot, 10 turns, {answer.Length:N0} bytes, {Connections} connections over {Sessions} sessions, {title}",
            "", "requests/s", "ratio", "quartiles", "CPU us", "CPU ratio")
            .Row(
                "Granary",
                Quantiles.Median(rounds.Select(r => r.Ours.Rate)),
                Quantiles.Median(ratios),
                Quantiles.Quartiles(ratios),
                Quantiles.Median(rounds.Select(r => r.Ours.Cpu)),
                Quantiles.Median(rounds.Select(r => r.Theirs.Cpu / r.Ours.Cpu)))
            .Row("the same bytes", Quantiles.Median(rounds.Select(r => r.Theirs.Rate)), 1.0, "", Quantiles.Median(rounds.Select(r => r.Theirs.Cpu)), 1.0)
            .Print();
    }

    private static async Task<Cost> CostAsync(WebApplication server, string path)
    {
        var cpu = Environment.CpuUsage.TotalTime;
        var rate = await LoadGenerator.RunAsync(server.Address(), Connections, Warmup, Duration, (c, n) => LoadGenerator.Post(path, Body(((n * Connections) + c) % Sessions)));
        return new Cost(rate, (Environment.CpuUsage.TotalTime - cpu).TotalMicroseconds / (rate * (Warmup + Duration).TotalSeconds));
    }

    private static string Body(int session) => $$"""{"user_id":"user","session_id":"session-{{session}}"}""";
}
