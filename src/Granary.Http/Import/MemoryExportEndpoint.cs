using Granary.Http.Documentation;
using Granary.Http.Endpoints;
using Granary.Http.Identity;
using Granary.Http.Serialization;
using Granary.Serialization;
using Microsoft.AspNetCore.Http;

namespace Granary.Http.Import;

/// <summary><c>GET /memory/export</c>: a user's memories as JSON Lines, page by page at the pace of their reader.</summary>
internal sealed class MemoryExportEndpoint(IMemoryCluster cluster, RequestIdentity identity)
{
    /// <summary>Memories held at a time, of up to 80 KiB each.</summary>
    private const int PageSize = 100;

    private static readonly MemoryState[] AllButDeleted = [MemoryState.Active, MemoryState.Expiring, MemoryState.Expired, MemoryState.Archived];

    public void Map(RouteTable routes) => routes.GetStream("/memory/export", GranaryScope.User, InvokeAsync, new RouteDescription("Long-term memory", "Export a user's memories")
    {
        Details = "JSON Lines, the youngest first. What is stored while the export runs may be missing. An export that is cut off ends the connection, not the answer.",
        Parameters =
        [
            RouteParameter.User,
            RouteParameter.Query<string>("user_id", "The user, where neither key nor header names one."),
            RouteParameter.Query<string>("state", "Only these states, separated by commas; all but deleted by default."),
            RouteParameter.Query<string>("kind", "Only these kinds, separated by commas."),
            RouteParameter.Query<string>("agent_id", "Only those of this agent."),
        ],
        Answers = [new RouteAnswer(200, typeof(MemoryRecord), "One memory a line; nothing for a user nobody has heard of.") { ContentType = MediaTypes.JsonLines }],
        Problems = [403, 410, 503],
    });

    private async Task InvokeAsync(HttpContext context)
    {
        var user = cluster.User(identity.User(context, RequestValues.Query(context.Request, "user_id")));
        var query = new MemoryQuery
        {
            Limit = PageSize,
            States = RequestValues.QueryNames<MemoryState>(context.Request, "state") ?? AllButDeleted,
            Filter = new MemoryFilter
            {
                Kinds = RequestValues.QueryNames<MemoryKind>(context.Request, "kind"),
                AgentId = RequestValues.QueryId(context.Request, "agent_id"),
            },
        };
        var cancellationToken = context.RequestAborted;
        var page = await user.ListMemoriesAsync(query, cancellationToken);
        context.Response.ContentType = MediaTypes.JsonLines;
        while (await JsonLines.WriteAsync(context.Response.BodyWriter, page.Memories, GranaryJson.Default.MemoryRecord, cancellationToken) && page.Next is { } next)
        {
            page = await user.ListMemoriesAsync(query with { After = next }, cancellationToken);
        }
    }
}
