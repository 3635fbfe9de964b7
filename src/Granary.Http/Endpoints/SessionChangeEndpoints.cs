using Granary.Http.Documentation;
using Granary.Http.Identity;
using Granary.Http.Serialization;
using Granary.Serialization;
using Granary.Wire;
using Microsoft.AspNetCore.Http;

namespace Granary.Http.Endpoints;

/// <summary>Changing a session: append messages, compact, clear.</summary>
internal sealed class SessionChangeEndpoints(IMemoryCluster cluster, RequestIdentity identity)
{
    private const string Tag = "Sessions";

    public void Map(RouteTable routes) => routes
        .Post("/sessions/{session_id}/messages", GranaryScope.User, AppendAsync, new RouteDescription(Tag, "Append messages")
        {
            Details = "1 to 100 messages of any role, all or none; a tool call and all its results must follow each other. "
                + "Creates the session if it does not exist. Answered when they are durable.",
            Body = typeof(AppendMessagesRequest),
            Parameters = [RouteParameter.User, RouteParameter.IdempotencyKey, RouteParameter.IfMatch],
            Answers = [new RouteAnswer(200, typeof(AppendResult), "The messages are durable.") { Headers = AnswerHeaders.Stored }],
            Problems = [403, 409, 410, 412, 413, 503],
        })
        .Post("/sessions/{session_id}/compact", GranaryScope.User, CompactAsync, new RouteDescription(Tag, "Compact a session now")
        {
            Details = "Folds what the policy chooses into a summary; the history stays. The body may be left out.",
            Body = typeof(CompactRequest),
            BodyOptional = true,
            Parameters = [RouteParameter.User],
            Answers = [new RouteAnswer(200, typeof(CompactResult), "What was folded, or would be.")],
            Problems = [403, 404, 409, 410, 413, 503],
        })
        .Post("/sessions/{session_id}/clear", GranaryScope.User, ClearAsync, new RouteDescription(Tag, "Clear a session's context")
        {
            Details = "Begins an empty epoch; the history and the earlier epochs stay readable. confirm must be true.",
            Body = typeof(ClearRequest),
            Parameters = [RouteParameter.User, RouteParameter.IfMatch],
            Answers = [new RouteAnswer(200, typeof(ClearResult), "What was cleared.")],
            Problems = [403, 404, 409, 410, 412, 413, 503],
        });

    private ISessionMemory SessionOf(HttpContext context, string? user) =>
        cluster.Session(identity.Session(context, RequestValues.Route(context, "session_id"), user));

    private async Task AppendAsync(HttpContext context)
    {
        var request = await JsonBody.ReadAsync(context, GranaryJson.Default.AppendMessagesRequest);
        var session = SessionOf(context, request.UserId);
        var append = new AppendRequest
        {
            Messages = request.Messages ?? throw new InvalidRequestException("messages", "is required"),
            Supersedes = request.Supersedes,
            IdempotencyKey = RequestValues.IdempotencyKey(context.Request),
            IfMatch = Conditions.IfMatch(context.Request),
            AgentId = request.AgentId is null ? null : Ids.Require(request.AgentId, "agent_id"),
            Resource = request.Resource is null ? null : Ids.Require(request.Resource, "resource"),
        };

        // No token: what was accepted is finished, whether the caller waits for it or not.
        var stored = await session.AppendAsync(append, CancellationToken.None);
        AnswerHeaders.SetStored(context.Response, stored);
        await JsonAnswer.WriteAsync(context, stored, GranaryJson.Default.AppendResult);
    }

    private async Task CompactAsync(HttpContext context)
    {
        var request = await JsonBody.ReadOptionalAsync(context, GranaryJson.Default.CompactRequest) ?? new CompactRequest();
        var session = SessionOf(context, request.UserId);
        if (request.Threshold is { } threshold and not (> 0 and <= 1))
        {
            throw new InvalidRequestException("threshold", "must be above 0 and at most 1");
        }

        var options = new CompactOptions
        {
            Force = request.Force,
            DryRun = request.DryRun,
            Strategy = request.Strategy,
            Threshold = request.Threshold,
        };
        await JsonAnswer.WriteAsync(context, await session.CompactAsync(options, context.RequestAborted), GranaryJson.Default.CompactResult);
    }

    private async Task ClearAsync(HttpContext context)
    {
        var request = await JsonBody.ReadAsync(context, GranaryJson.Default.ClearRequest);
        var session = SessionOf(context, request.UserId);
        if (!request.Confirm)
        {
            throw new InvalidRequestException("confirm", "must be true");
        }

        var cleared = await session.ClearAsync(request.Confirm, Conditions.IfMatch(context.Request), context.RequestAborted);
        await JsonAnswer.WriteAsync(context, cleared, GranaryJson.Default.ClearResult);
    }
}
