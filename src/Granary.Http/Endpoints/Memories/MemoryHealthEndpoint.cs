using System.Diagnostics;
using Granary.Core.Recall;
using Granary.Http.Documentation;
using Granary.Http.Identity;
using Granary.Http.Serialization;
using Granary.Serialization;
using Granary.Wire;
using Microsoft.AspNetCore.Http;

namespace Granary.Http.Endpoints.Memories;

/// <summary><c>GET /memory/health</c>: whether memories can be kept and recalled.</summary>
internal sealed class MemoryHealthEndpoint(IMemoryCluster cluster, HealthProbe probe, RequestIdentity identity, IEmbedder? embedder = null)
{
    private const string Native = "native";

    public void Map(RouteTable routes) => routes.Get("/memory/health", GranaryScope.User, InvokeAsync, new RouteDescription("Long-term memory", "Can memories be kept and recalled?")
    {
        Details = "Asks the store. Where the request names a user, it also counts the user's memories.",
        Parameters = [RouteParameter.User, RouteParameter.Query<string>("user_id", "The user, where neither key nor header names one.")],
        Answers =
        [
            new RouteAnswer(200, typeof(MemoryHealthResponse), "They can, or recalled only (degraded)."),
            new RouteAnswer(503, typeof(MemoryHealthResponse), "They cannot."),
        ],
        Problems = [403],
    });

    private async Task InvokeAsync(HttpContext context)
    {
        var user = identity.FindUser(context, RequestValues.Query(context.Request, "user_id"));
        var began = Stopwatch.GetTimestamp();
        var health = await probe.GetAsync(context.RequestAborted);
        var (total, error) = health.StoreReadable && user is { } key ? await CountAsync(key, context.RequestAborted) : (null, null);
        var healthy = health.Status != "unhealthy" && error is null;
        var answer = new MemoryHealthResponse
        {
            Healthy = healthy && health.StoreWritable,
            Status = healthy ? health.Status : "unhealthy",
            Service = "memory-api",
            Provider = Native,
            ProviderHealthy = healthy,
            DatabaseConnection = health is { StoreReadable: true, StoreWritable: true },
            VectorsAvailable = embedder is not null,
            ResponseTimeMs = Math.Round(Stopwatch.GetElapsedTime(began).TotalMilliseconds, 3),
            TotalMemories = total,
            Error = health.Error ?? error,
        };
        context.Response.Headers.CacheControl = "no-store";
        await JsonAnswer.WriteAsync(
            context, answer, GranaryJson.Default.MemoryHealthResponse, healthy ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
    }

    private async Task<(int? Total, string? Error)> CountAsync(UserKey user, CancellationToken cancellationToken)
    {
        try
        {
            return ((await cluster.User(user).ListMemoriesAsync(new MemoryQuery { Limit = 1 }, cancellationToken)).Total, null);
        }
        catch (ErasedException)
        {
            return (0, null);
        }
        catch (UnavailableException error)
        {
            return (null, error.Message);
        }
    }
}
