using System.Globalization;
using Granary.Http.Documentation;
using Granary.Http.Identity;
using Granary.Http.Serialization;
using Granary.Serialization;
using Granary.Wire;
using Microsoft.AspNetCore.Http;

namespace Granary.Http.Endpoints;

/// <summary>Reading sessions: the user's list, a session's state, its history, its health, its earlier epochs.</summary>
internal sealed class SessionReadEndpoints(IMemoryCluster cluster, RequestIdentity identity)
{
    private const string Tag = "Sessions";

    private const int DefaultPage = 100;

    public void Map(RouteTable routes) => routes
        .Get("/sessions", GranaryScope.User, ListAsync, new RouteDescription(Tag, "List a user's sessions")
        {
            Details = "The youngest first.",
            Parameters =
            [
                RouteParameter.User,
                RouteParameter.Query<int>("limit", "How many at the most, 1-1000; 50 by default."),
                RouteParameter.Query<string>("after", "next of the page before."),
                RouteParameter.Query<string>("agent_id", "Only those of this agent."),
                RouteParameter.Query<SessionStatus>("status", "Only those in this state."),
            ],
            Answers = [new RouteAnswer(200, typeof(SessionsResponse), "A page of the list.")],
            Problems = [403, 503],
        })
        .Get("/sessions/{session_id}", GranaryScope.User, InfoAsync, new RouteDescription(Tag, "Read a session's state")
        {
            Parameters = [RouteParameter.User, new RouteParameter("If-None-Match", true, typeof(string), "ETags that the caller has.")],
            Answers =
            [
                new RouteAnswer(200, typeof(SessionInfo), "The state.") { Headers = AnswerHeaders.ETag },
                new RouteAnswer(304, null, "The caller has the current state."),
            ],
            Problems = [403, 404, 410, 503],
        })
        .Get("/sessions/{session_id}/messages", GranaryScope.User, MessagesAsync, new RouteDescription(Tag, "Read a session's history")
        {
            Details = "All that was ever said, folded or not.",
            Parameters =
            [
                RouteParameter.User,
                RouteParameter.Query<long>("from", "The first sequence, 1 or more; 1 by default."),
                RouteParameter.Query<int>("limit", "How many at the most, 1-1000; 100 by default."),
            ],
            Answers = [new RouteAnswer(200, typeof(MessagePage), "A page; next is null at the end.")],
            Problems = [403, 404, 410, 503],
        })
        .Get("/sessions/{session_id}/health", GranaryScope.User, HealthAsync, new RouteDescription(Tag, "Read a session's health")
        {
            Parameters = [RouteParameter.User],
            Answers = [new RouteAnswer(200, typeof(SessionHealth), "Whether its memory works as its resource says.")],
            Problems = [403, 404, 410, 503],
        })
        .Get("/sessions/{session_id}/epochs/{n}", GranaryScope.User, EpochAsync, new RouteDescription(Tag, "Read a session as it was seen in an epoch")
        {
            Parameters = [RouteParameter.User],
            Answers = [new RouteAnswer(200, typeof(EpochView), "The view.")],
            Problems = [403, 404, 410, 503],
        });

    private ISessionMemory SessionOf(HttpContext context) =>
        cluster.Session(identity.Session(context, RequestValues.Route(context, "session_id")));

    private async Task ListAsync(HttpContext context)
    {
        var request = context.Request;
        var user = identity.User(context);
        var query = new SessionQuery
        {
            Limit = (int)RequestValues.Query(request, "limit", fallback: 50, min: 1, max: SessionQuery.MaxLimit),
            After = RequestValues.Query(request, "after"),
            AgentId = RequestValues.Query(request, "agent_id") is { } agent ? Ids.Require(agent, "agent_id") : null,
            Status = StatusOf(RequestValues.Query(request, "status")),
        };
        var page = await cluster.User(user).ListSessionsAsync(query, context.RequestAborted);
        await JsonAnswer.WriteAsync(
            context, new SessionsResponse(user.User, page.Sessions, page.Sessions.Count, page.Next), GranaryJson.Default.SessionsResponse);
    }

    private async Task InfoAsync(HttpContext context)
    {
        var info = await SessionOf(context).GetInfoAsync(context.RequestAborted);
        context.Response.Headers.ETag = info.ETag;
        if (Conditions.IsNotModified(context.Request, info.ETag))
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        await JsonAnswer.WriteAsync(context, info, GranaryJson.Default.SessionInfo);
    }

    private async Task MessagesAsync(HttpContext context)
    {
        var session = SessionOf(context);
        var from = RequestValues.Query(context.Request, "from", fallback: 1, min: 1, max: long.MaxValue);
        var limit = (int)RequestValues.Query(context.Request, "limit", DefaultPage, min: 1, max: MessageLimits.MaxPage);
        var page = await session.GetMessagesAsync(from, limit, context.RequestAborted);
        await JsonAnswer.WriteAsync(context, page, GranaryJson.Default.MessagePage);
    }

    private async Task HealthAsync(HttpContext context)
    {
        var info = await SessionOf(context).GetInfoAsync(context.RequestAborted);
        await JsonAnswer.WriteAsync(context, info.Health, GranaryJson.Default.SessionHealth);
    }

    private async Task EpochAsync(HttpContext context)
    {
        var session = SessionOf(context);
        if (!int.TryParse(context.Request.RouteValues["n"] as string, NumberStyles.None, CultureInfo.InvariantCulture, out var epoch) || epoch < 1)
        {
            throw new InvalidRequestException("n", "must be a whole number of 1 or more");
        }

        await JsonAnswer.WriteAsync(context, await session.GetEpochAsync(epoch, context.RequestAborted), GranaryJson.Default.EpochView);
    }

    private static SessionStatus? StatusOf(string? text) => text switch
    {
        null => null,
        "active" => SessionStatus.Active,
        "completed" => SessionStatus.Completed,
        _ => throw new InvalidRequestException("status", "must be one of active, completed"),
    };
}
