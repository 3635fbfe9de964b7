using System.Reflection;
using Granary.Http.Documentation;
using Granary.Http.Identity;
using Granary.Http.Serialization;
using Granary.Serialization;
using Granary.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;

namespace Granary.Http.Endpoints;

/// <summary>What operators and load balancers ask: is it alive, is it ready, how full is it.</summary>
internal sealed class OperationEndpoints(IMemoryCluster cluster, IHostApplicationLifetime lifetime, HealthProbe probe)
{
    private const string Tag = "Operations";

    private static readonly byte[] Alive = JsonAnswer.ToBytes(new HealthResponse("healthy", "agent-memory", Version()), GranaryJson.Default.HealthResponse);

    public void Map(RouteTable routes) => routes
        .Get("/health", GranaryScope.Open, AliveAsync, new RouteDescription(Tag, "Is the service alive?")
        {
            Details = "Without asking the store.",
            Answers = [new RouteAnswer(200, typeof(HealthResponse), "It is.")],
        })
        .Get("/health/live", GranaryScope.Open, AliveAsync, new RouteDescription(Tag, "Is the service alive?")
        {
            Details = "Without asking the store.",
            Answers = [new RouteAnswer(200, typeof(HealthResponse), "It is.")],
        })
        .Get("/health/ready", GranaryScope.Open, ReadyAsync, new RouteDescription(Tag, "Can the service answer?")
        {
            Details = "Asks the store.",
            Answers =
            [
                new RouteAnswer(200, typeof(ReadyResponse), "It can (ready), or reads only (degraded)."),
                new RouteAnswer(503, typeof(ReadyResponse), "It cannot (unhealthy), or will soon be gone (stopping)."),
            ],
        })
        .Get("/stats", GranaryScope.Service, StatsAsync, new RouteDescription(Tag, "Read figures of this process")
        {
            Details = "Sessions in memory, how full it is, how often a session was found there.",
            Answers = [new RouteAnswer(200, typeof(ActivationStats), "The figures.")],
            Problems = [403],
        });

    private static Task AliveAsync(HttpContext context) => JsonAnswer.WriteAsync(context, Alive);

    private async Task ReadyAsync(HttpContext context)
    {
        var health = await probe.GetAsync(context.RequestAborted);
        var status = lifetime.ApplicationStopping.IsCancellationRequested ? "stopping" : health.Status == "healthy" ? "ready" : health.Status;
        context.Response.Headers.CacheControl = "no-store";
        await JsonAnswer.WriteAsync(
            context,
            new ReadyResponse(status, new StoreState(health.StoreReadable, health.StoreWritable, health.StoreLatencyMs, health.Error)),
            GranaryJson.Default.ReadyResponse,
            status is "ready" or "degraded" ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
    }

    private async Task StatsAsync(HttpContext context) =>
        await JsonAnswer.WriteAsync(context, await cluster.GetStatsAsync(context.RequestAborted), GranaryJson.Default.ActivationStats);

    private static string Version() =>
        typeof(OperationEndpoints).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown";
}
