using Granary.Http.Documentation;
using Granary.Http.Endpoints.Memories;
using Granary.Http.Identity;
using Granary.Http.Serialization;
using Granary.Serialization;
using Granary.Wire;
using Microsoft.AspNetCore.Http;

namespace Granary.Http.Endpoints;

/// <summary><c>POST /memory/context</c>: what a model should see of a session now.</summary>
internal sealed class ContextEndpoint(ContextReader contexts, RequestIdentity identity, ContextAnswers answers)
{
    public void Map(RouteTable routes) => routes.Post("/memory/context", GranaryScope.User, InvokeAsync, new RouteDescription("Memory", "Read a session's context")
    {
        Details = "What was folded as a summary, what was not as turns (active_context), ready for a model (messages) and as one text (formatted_context); and what is "
            + "known from before the session: insights and summaries of earlier sessions. format asks for one form only; max_tokens leaves out the oldest until the "
            + "rest fits. With enrich, what fits is recalled too if the conversation calls for it.",
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
        var session = identity.Session(context, request.SessionId, request.UserId);
        var options = OptionsOf(request);
        var parts = await contexts.ReadAsync(session, request, options, context.RequestAborted);
        await JsonAnswer.WriteAsync(context, answers.Of(parts, request.Format, keep: options is null));
    }
}
