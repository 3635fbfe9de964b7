using System.Net.Http.Headers;

namespace Granary.Benchmarks;

/// <summary><c>POST /memory/context</c> of a hot session of 10 turns against an endpoint that answers the same bytes.</summary>
internal static class ContextHttp
{
    private const int Connections = 64;
    private const int Sessions = 200;
    private const int Repeats = 5;
    private static readonly TimeSpan Warmup = TimeSpan.FromSeconds(1.5);
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(4);

    public static async Task RunAsync()
    {
        var folder = Directory.CreateTempSubdirectory("granary-context-").FullName;
        await using (var granary = await WebHosts.GranaryAsync(folder))
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
            for (var repeat = 0; repeat < Repeats; repeat++)
            {
                ours.Add(await LoadGenerator.RunAsync(granary.Address(), Connections, Warmup, Duration, (c, n) => LoadGenerator.Post("/memory/context", Body(((n * Connections) + c) % Sessions))));
                theirs.Add(await LoadGenerator.RunAsync(bare.Address(), Connections, Warmup, Duration, (c, n) => LoadGenerator.Post("/bytes", Body(((n * Connections) + c) % Sessions))));
            }

            new Table($"POST /memory/context, hot, 10 turns, {answer.Length:N0} bytes, {Connections} connections over {Sessions} sessions (target: ratio >= 0.8)", "", "requests/s", "ratio")
                .Row("Granary", Quantiles.Median(ours), Quantiles.Median(ours.Zip(theirs, (a, b) => a / b)))
                .Row("the same bytes", Quantiles.Median(theirs), 1.0)
                .Print();
        }

        Directory.Delete(folder, recursive: true);
    }

    private static string Body(int session) => $$"""{"user_id":"user","session_id":"session-{{session}}"}""";
}
