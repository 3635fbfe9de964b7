using Granary.Http.Documentation;
using Granary.Http.Identity;
using Granary.Http.Serialization;
using Granary.Serialization;
using Granary.Wire;
using Microsoft.AspNetCore.Http;

namespace Granary.Http.Endpoints;

/// <summary><c>POST /memory/store</c>: a turn, durable before it is answered.</summary>
internal sealed class StoreEndpoint(IMemoryCluster cluster, RequestIdentity identity)
{
    public void Map(RouteTable routes) => routes.Post("/memory/store", GranaryScope.User, InvokeAsync, new RouteDescription("Memory", "Store a turn")
    {
        Details = "Creates the session if it does not exist. Answered when the turn is durable.",
        Body = typeof(StoreTurnRequest),
        Parameters = [RouteParameter.User, RouteParameter.IdempotencyKey, RouteParameter.IfMatch],
        Answers = [new RouteAnswer(200, typeof(StoreTurnResponse), "The turn is durable.") { Headers = AnswerHeaders.Stored }],
        Problems = [403, 409, 410, 412, 413, 503],
    });

    private async Task InvokeAsync(HttpContext context)
    {
        var turn = await JsonBody.ReadAsync(context, GranaryJson.Default.StoreTurnRequest);
        var session = cluster.Session(identity.Session(context, turn.SessionId, turn.UserId));
        var key = RequestValues.IdempotencyKey(context.Request, turn.IdempotencyKey);
        var stored = await TurnStore.AppendAsync(session, TurnStore.ToAppend(turn, key, Conditions.IfMatch(context.Request)));
        AnswerHeaders.SetStored(context.Response, stored);
        await JsonAnswer.WriteAsync(context, TurnStore.ToAnswer(stored), GranaryJson.Default.StoreTurnResponse);
    }
}
