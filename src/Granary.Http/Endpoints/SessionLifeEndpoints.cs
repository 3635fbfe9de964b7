using Granary.Http.Documentation;
using Granary.Http.Endpoints.Memories;
using Granary.Http.Identity;
using Granary.Http.Serialization;
using Granary.Serialization;
using Granary.Wire;
using Microsoft.AspNetCore.Http;

namespace Granary.Http.Endpoints;

/// <summary>The life of a session: start, end, erase.</summary>
internal sealed class SessionLifeEndpoints(IMemoryCluster cluster, RequestIdentity identity, LongTermReader longTerm)
{
    private const string Tag = "Sessions";

    public void Map(RouteTable routes) => routes
        .Post("/sessions/start", GranaryScope.User, StartAsync, new RouteDescription(Tag, "Start or restore a session")
        {
            Details = "Without an id a new session; with one that is active (and restore true) that session; with one that is completed "
                + "a new session that follows it. With restore false an id that exists is refused.",
            Body = typeof(StartSessionRequest),
            Parameters = [RouteParameter.User],
            Answers = [new RouteAnswer(200, typeof(StartSessionResponse), "The session.") { Headers = AnswerHeaders.ETag }],
            Problems = [403, 404, 409, 413, 503],
        })
        .Post("/sessions/end", GranaryScope.User, EndAsync, new RouteDescription(Tag, "End a session")
        {
            Details = "The session is summarized and takes no more messages. Ending it again changes nothing.",
            Body = typeof(EndSessionRequest),
            Parameters = [RouteParameter.User],
            Answers = [new RouteAnswer(200, typeof(EndSessionResponse), "What ending it did.")],
            Problems = [403, 404, 410, 413, 503],
        })
        .Delete("/sessions/{session_id}", GranaryScope.User, DeleteAsync, new RouteDescription(Tag, "Erase a session")
        {
            Details = "For good: messages, epochs, the entry in the user's list. Afterwards it is 410 until it is started again.",
            Parameters = [RouteParameter.User, RouteParameter.IfMatch],
            Answers = [new RouteAnswer(204, null, "It is erased.")],
            Problems = [403, 404, 412, 503],
        });

    private async Task StartAsync(HttpContext context)
    {
        var request = await JsonBody.ReadAsync(context, GranaryJson.Default.StartSessionRequest);
        var user = identity.User(context, request.UserId);
        KeyValues.Require(request.KeyValues);
        var started = await cluster.StartSessionAsync(user, OptionsOf(request), context.RequestAborted);
        context.Response.Headers.ETag = started.Context.ETag;
        var known = await longTerm.ReadAsync(new SessionKey(user.Tenant, user.User, started.SessionId), started.Context.AgentId, context.RequestAborted);
        await JsonAnswer.WriteAsync(context, ToResponse(started, known), GranaryJson.Default.StartSessionResponse);
    }

    private async Task EndAsync(HttpContext context)
    {
        var request = await JsonBody.ReadAsync(context, GranaryJson.Default.EndSessionRequest);
        var ended = await cluster.Session(identity.Session(context, request.SessionId, request.UserId)).EndAsync(context.RequestAborted);
        var answer = new EndSessionResponse(
            "success",
            ended.AlreadyEnded ? "Session had ended before." : "Session ended.",
            ended.SummaryGenerated,
            ended.Summary,
            ended.Topics,
            ended.TurnCount)
        {
            SummaryFallback = ended.SummaryFallback,
            InsightsCount = ended.InsightsCount,
            SynthesisTriggered = ended.SynthesisTriggered,
        };
        await JsonAnswer.WriteAsync(context, answer, GranaryJson.Default.EndSessionResponse);
    }

    private async Task DeleteAsync(HttpContext context)
    {
        var session = cluster.Session(identity.Session(context, RequestValues.Route(context, "session_id")));
        await session.DeleteAsync(Conditions.IfMatch(context.Request), context.RequestAborted);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private static StartSessionOptions OptionsOf(StartSessionRequest request) => new()
    {
        SessionId = request.SessionId is null ? null : Ids.Require(request.SessionId, "session_id"),
        AgentId = request.AgentId is null ? null : Ids.Require(request.AgentId, "agent_id"),
        Resource = request.Resource is null ? null : Ids.Require(request.Resource, "resource"),
        KeyValues = request.KeyValues,
        Restore = request.Restore,
        SystemPrompt = request.SystemPrompt,
    };

    private static StartSessionResponse ToResponse(StartSessionResult started, LongTerm known) => new()
    {
        SessionId = started.SessionId,
        UserId = started.Context.UserId,
        AgentId = started.Context.AgentId,
        ActiveContext = started.Context.ActiveContext,
        CumulativeSummary = started.Context.CumulativeSummary,
        Insights = known.Insights,
        SessionSummaries = known.Summaries,
        FormattedContext = ContextText.Of(new ContextParts(started.Context, known)),
        Restored = started.Restored,
        PreviousSessionId = started.PreviousSessionId,
        Epoch = started.Context.Epoch,
        LastSequence = started.Context.LastSequence,
        TurnCount = started.Context.TurnCount,
    };
}
