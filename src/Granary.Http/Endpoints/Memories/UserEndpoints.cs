using Granary.Http.Documentation;
using Granary.Http.Identity;
using Granary.Http.Serialization;
using Granary.Serialization;
using Granary.Wire;
using Microsoft.AspNetCore.Http;

namespace Granary.Http.Endpoints.Memories;

/// <summary>A user as a whole: what was concluded about the user, and the erasure of all there is.</summary>
internal sealed class UserEndpoints(IMemoryCluster cluster, RequestIdentity identity, TimeProvider time)
{
    private const int DefaultInsights = 100;

    private const int DefaultListed = 10;

    private static readonly TimeSpan Recent = TimeSpan.FromDays(30);

    public void Map(RouteTable routes) => routes
        .Post("/insights", GranaryScope.User, InsightsAsync, new RouteDescription("Long-term memory", "Read what was concluded about a user")
        {
            Details = "Preferences, knowledge, goals, habits, progress; the youngest first. recent_only: those that were learned in the last 30 days.",
            Body = typeof(InsightsRequest),
            Parameters = [RouteParameter.User],
            Answers = [new RouteAnswer(200, typeof(InsightsResponse), "The insights; empty for a user nobody has heard of.")],
            Problems = [403, 410, 413, 503],
        })
        .Get("/users/{user_id}/insights", GranaryScope.User, ListAsync, new RouteDescription("Long-term memory", "List what was concluded about a user")
        {
            Parameters =
            [
                RouteParameter.User,
                RouteParameter.Query<int>("limit", "How many at the most, 1-1000; 10 by default."),
                RouteParameter.Query<string>("agent_id", "Only those of this agent."),
            ],
            Answers = [new RouteAnswer(200, typeof(InsightsResponse), "The insights, the youngest first.")],
            Problems = [403, 410, 503],
        })
        .Delete("/users/{user_id}", GranaryScope.User, EraseAsync, new RouteDescription("Users", "Erase a user")
        {
            Details = "For good: all sessions, all memories. At once nothing of the user is answered any more (410); the rest goes on by itself, also after a crash. "
                + "Asking again while it runs answers the same erasure.",
            Parameters = [RouteParameter.User],
            Answers =
            [
                new RouteAnswer(202, typeof(UserErasure), "It is under way, or done.")
                {
                    Headers = [("Location", "Where to read how far it is.")],
                },
            ],
            Problems = [403, 503],
        })
        .Get("/users/{user_id}/erasure", GranaryScope.User, ErasureAsync, new RouteDescription("Users", "Read how far the erasure of a user is")
        {
            Details = "The newest one; its receipt is kept for 30 days and holds no text of the user's.",
            Parameters = [RouteParameter.User],
            Answers = [new RouteAnswer(200, typeof(UserErasure), "The erasure.")],
            Problems = [403, 404, 503],
        });

    private IUserMemory UserOf(HttpContext context) => cluster.User(identity.User(context, RequestValues.Route(context, "user_id")));

    private async Task InsightsAsync(HttpContext context)
    {
        var request = await JsonBody.ReadAsync(context, GranaryJson.Default.InsightsRequest);
        var user = cluster.User(identity.User(context, request.UserId));
        if (request.Limit is < 1 or > MemoryLimits.MaxPage)
        {
            throw new InvalidRequestException("limit", $"must be a whole number from 1 to {MemoryLimits.MaxPage}");
        }

        var filter = new MemoryFilter
        {
            AgentId = request.AgentId is null ? null : Ids.Require(request.AgentId, "agent_id"),
        };
        await AnswerAsync(context, user, filter, request.Limit ?? DefaultInsights, request.RecentOnly ? time.GetUtcNow() - Recent : DateTimeOffset.MinValue);
    }

    private async Task ListAsync(HttpContext context)
    {
        var user = UserOf(context);
        var limit = (int)RequestValues.Query(context.Request, "limit", DefaultListed, min: 1, max: MemoryLimits.MaxPage);
        await AnswerAsync(context, user, new MemoryFilter { AgentId = RequestValues.QueryId(context.Request, "agent_id") }, limit, DateTimeOffset.MinValue);
    }

    private async Task EraseAsync(HttpContext context)
    {
        var user = UserOf(context);
        var erasure = await user.EraseAsync(CancellationToken.None);
        context.Response.Headers.Location = $"/users/{user.Key.User}/erasure";
        await JsonAnswer.WriteAsync(context, erasure, GranaryJson.Default.UserErasure, StatusCodes.Status202Accepted);
    }

    private async Task ErasureAsync(HttpContext context) =>
        await JsonAnswer.WriteAsync(context, await UserOf(context).GetErasureAsync(context.RequestAborted), GranaryJson.Default.UserErasure);

    private static async Task AnswerAsync(HttpContext context, IUserMemory user, MemoryFilter filter, int limit, DateTimeOffset learnedSince)
    {
        var query = new MemoryQuery { Filter = filter with { Kinds = [MemoryKind.Insight] }, Limit = limit };
        var page = await user.ListMemoriesAsync(query, context.RequestAborted);

        // Listed by when they were stored, which is when they were learned.
        var insights = page.Memories.TakeWhile(record => record.CreatedAt >= learnedSince).Select(ViewOf).ToList();
        await JsonAnswer.WriteAsync(context, new InsightsResponse(user.Key.User, insights, insights.Count), GranaryJson.Default.InsightsResponse);
    }

    private static InsightView ViewOf(MemoryRecord record) => new()
    {
        Id = record.Id,
        Label = record.Label,
        Content = record.Content,
        Category = record.Category,
        Confidence = record.Confidence,
        Importance = record.Importance,
        Timestamp = record.CreatedAt,
        SessionId = record.Sources.Count > 0 ? record.Sources[^1].SessionId : null,
        AgentId = record.AgentId,
        AccessCount = record.AccessCount,
    };
}
