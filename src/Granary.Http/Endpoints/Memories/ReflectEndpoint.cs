using Granary.Http.Documentation;
using Granary.Http.Identity;
using Granary.Http.Serialization;
using Granary.Serialization;
using Granary.Wire;
using Microsoft.AspNetCore.Http;

namespace Granary.Http.Endpoints.Memories;

/// <summary><c>POST /memory/reflect</c>: learns from a session now.</summary>
internal sealed class ReflectEndpoint(IMemoryCluster cluster, RequestIdentity identity)
{
    public void Map(RouteTable routes) => routes.Post("/memory/reflect", GranaryScope.User, InvokeAsync, new RouteDescription("Long-term memory", "Reflect on a session now")
    {
        Details = "What was said since the last reflection is reflected on at once, however little it is; by itself that happens each so many turns, in silence and at the "
            + "end. What takes longer than some seconds goes on by itself (status running).",
        Body = typeof(ReflectSessionRequest),
        Parameters = [RouteParameter.User],
        Answers = [new RouteAnswer(200, typeof(ReflectSessionResponse), "What was learned.")],
        Problems = [403, 404, 410, 413, 503],
    });

    private async Task InvokeAsync(HttpContext context)
    {
        var request = await JsonBody.ReadAsync(context, GranaryJson.Default.ReflectSessionRequest);
        var key = identity.Session(context, request.SessionId, request.UserId);
        var found = await cluster.Session(key).ReflectAsync(context.RequestAborted);
        var answer = new ReflectSessionResponse(key.Session, found.Status, found.InsightsCount, found.Summary, found.Topics);
        await JsonAnswer.WriteAsync(context, answer, GranaryJson.Default.ReflectSessionResponse);
    }
}
