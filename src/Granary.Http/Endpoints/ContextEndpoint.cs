using Granary.Http.Documentation;
using Granary.Http.Identity;
using Granary.Http.Serialization;
using Granary.Serialization;
using Granary.Wire;
using Microsoft.AspNetCore.Http;

namespace Granary.Http.Endpoints;

/// <summary><c>POST /memory/context</c>: what a model should see of a session now.</summary>
internal sealed class ContextEndpoint(IMemoryCluster cluster, RequestIdentity identity, ContextAnswers answers)
{
    public void Map(RouteTable routes) => routes.Post("/memory/context", GranaryScope.User, InvokeAsync, new RouteDescription("Memory", "Read a session's context")
    {
        Details = "What was folded as a summary, what was not as turns (active_context) and ready for a model (messages). "
            + "format asks for one form only; max_tokens leaves out the oldest until the rest fits.",
        Body = typeof(ContextRequest),
        Parameters = [RouteParameter.User],
        Answers = [new RouteAnswer(200, typeof(ContextResponse), "The context.")],
        Problems = [403, 404, 410, 413, 503],
    });

    /// <summary>How to read the context that a request asks for; null for all of it.</summary>
    public static ContextOptions? OptionsOf(ContextRequest request, string prefix = "") => request.MaxTokens switch
    {
        null => null,
        < 1 => throw new InvalidRequestException(prefix + "max_tokens", "must be 1 or more"),
        _ => new ContextOptions { MaxTokens = request.MaxTokens },
    };

    private async Task InvokeAsync(HttpContext context)
    {
        var request = await JsonBody.ReadAsync(context, GranaryJson.Default.ContextRequest);
        var session = cluster.Session(identity.Session(context, request.SessionId, request.UserId));
        var options = OptionsOf(request);
        var view = await session.GetContextAsync(options, CancellationToken.None);
        await JsonAnswer.WriteAsync(context, answers.Of(view, request.Format, keep: options is null));
    }
}
