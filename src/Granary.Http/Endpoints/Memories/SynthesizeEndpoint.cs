using Granary.Http.Documentation;
using Granary.Http.Identity;
using Granary.Http.Serialization;
using Granary.Serialization;
using Granary.Wire;
using Microsoft.AspNetCore.Http;

namespace Granary.Http.Endpoints.Memories;

/// <summary><c>POST /memory/synthesize</c>: puts together what is known of a user, now.</summary>
internal sealed class SynthesizeEndpoint(IMemoryCluster cluster, RequestIdentity identity)
{
    public void Map(RouteTable routes) => routes.Post("/memory/synthesize", GranaryScope.User, InvokeAsync, new RouteDescription("Long-term memory", "Put together what is known of a user")
    {
        Details = "For each category of three or more insights what they have in common, and the profile, each in place of the one before; also done by itself after "
            + "every few completed sessions (Granary:Reflection:SynthesisSessions). What a caller wrote or pinned in their place stays (event NONE). "
            + "A model may take its time; nobody else waits for it.",
        Body = typeof(SynthesizeRequest),
        Parameters = [RouteParameter.User],
        Answers = [new RouteAnswer(200, typeof(SynthesisResult), "What became of the profile and the patterns.")],
        Problems = [403, 410, 413, 503],
    });

    private async Task InvokeAsync(HttpContext context)
    {
        var request = await JsonBody.ReadAsync(context, GranaryJson.Default.SynthesizeRequest);
        var user = cluster.User(identity.User(context, request.UserId));
        var made = await user.SynthesizeAsync(new SynthesisRequest { AgentId = request.AgentId, Category = request.Category }, context.RequestAborted);
        await JsonAnswer.WriteAsync(context, made, GranaryJson.Default.SynthesisResult);
    }
}
