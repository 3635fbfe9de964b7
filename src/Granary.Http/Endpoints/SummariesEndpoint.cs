using Granary.Http.Documentation;
using Granary.Http.Identity;
using Granary.Http.Serialization;
using Granary.Serialization;
using Granary.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Granary.Http.Endpoints;

/// <summary><c>POST /summaries</c>: a user's sessions in words, the youngest first.</summary>
internal sealed class SummariesEndpoint(IMemoryCluster cluster, RequestIdentity identity, IOptions<GranaryHttpOptions> options)
{
    private const int MaxLimit = 100;

    public void Map(RouteTable routes) => routes.Post("/summaries", GranaryScope.User, InvokeAsync, new RouteDescription("Memory", "Read the summaries of a user's sessions")
    {
        Details = "The youngest sessions first, active ones included. Starts no session.",
        Body = typeof(SummariesRequest),
        Parameters = [RouteParameter.User],
        Answers = [new RouteAnswer(200, typeof(SummariesResponse), "The summaries; empty for a user nobody has heard of.")],
        Problems = [403, 413, 503],
    });

    private async Task InvokeAsync(HttpContext context)
    {
        var request = await JsonBody.ReadAsync(context, GranaryJson.Default.SummariesRequest);
        var user = identity.User(context, request.UserId);
        var limit = request.Limit ?? options.Value.DefaultSummaries;
        if (limit is < 1 or > MaxLimit)
        {
            throw new InvalidRequestException("limit", $"must be a whole number from 1 to {MaxLimit}");
        }

        var page = await cluster.User(user).ListSessionsAsync(new SessionQuery { Limit = limit }, context.RequestAborted);
        await JsonAnswer.WriteAsync(context, new SummariesResponse(user.User, page.Sessions, page.Sessions.Count), GranaryJson.Default.SummariesResponse);
    }
}
