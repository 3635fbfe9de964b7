using Granary.Http.Documentation;
using Granary.Http.Identity;
using Granary.Http.Serialization;
using Granary.Serialization;
using Granary.Wire;
using Microsoft.AspNetCore.Http;

namespace Granary.Http.Endpoints.Memories;

/// <summary><c>POST /memory/retrieve</c>: what is known on a question, and (with a model) an answer.</summary>
internal sealed class RetrieveEndpoint(RequestIdentity identity, Retrieval retrieval, RetrievalAnswer answers)
{
    private const int DefaultTop = 5;

    private const int MaxTop = 100;

    public void Map(RouteTable routes) => routes.Post("/memory/retrieve", GranaryScope.User, InvokeAsync, new RouteDescription("Long-term memory", "Retrieve facts on a question")
    {
        Details = "What the live session says comes first, then earlier conversations, sessions' summaries, insights and facts. "
            + "Where a model is configured, it writes an answer out of the facts.",
        Body = typeof(RetrieveRequest),
        Parameters = [RouteParameter.User],
        Answers = [new RouteAnswer(200, typeof(RetrieveResponse), "The facts; empty where nothing is known.")],
        Problems = [403, 404, 410, 413, 503],
    });

    private async Task InvokeAsync(HttpContext context)
    {
        var request = await JsonBody.ReadAsync(context, GranaryJson.Default.RetrieveRequest);
        var user = identity.User(context, request.UserId);
        var session = request.SessionId is null ? null : Ids.Require(request.SessionId, "session_id");
        var agent = request.AgentId is null ? null : Ids.Require(request.AgentId, "agent_id");
        var query = QueryText.Require(request.Query);
        if (request.TopK is < 1 or > MaxTop)
        {
            throw new InvalidRequestException("top_k", $"must be a whole number from 1 to {MaxTop}");
        }

        var found = await retrieval.FindAsync(user, session, agent, query, request.TopK ?? DefaultTop, context.RequestAborted);
        var (answer, fallback) = answers.IsConfigured && request.Answer != false
            ? await answers.WriteAsync(query, found, context.RequestAborted)
            : (null, null);
        var response = new RetrieveResponse
        {
            Query = query,
            Facts = [.. found.Select(fact => fact.Fact)],
            Count = found.Count,
            Sources = [.. found.Select(fact => fact.Source)],
            Answer = answer,
            AnswerFallback = fallback,
        };
        await JsonAnswer.WriteAsync(context, response, GranaryJson.Default.RetrieveResponse);
    }
}
