using Granary.Http.Documentation;
using Granary.Http.Endpoints;
using Granary.Http.Identity;
using Granary.Http.Serialization;
using Granary.Serialization;
using Microsoft.AspNetCore.Http;

namespace Granary.Http.Import;

/// <summary><c>GET /sessions/{session_id}/export</c>: the session as JSON Lines, page by page at the pace of its reader.</summary>
internal sealed class SessionExportEndpoint(IMemoryCluster cluster, RequestIdentity identity)
{
    public void Map(RouteTable routes) => routes.GetStream("/sessions/{session_id}/export", GranaryScope.User, InvokeAsync, new RouteDescription("Sessions", "Export a session")
    {
        Details = "JSON Lines: the header, then every append, then every epoch. An export that is cut off ends the connection, not the answer.",
        Parameters = [RouteParameter.User],
        Answers = [new RouteAnswer(200, typeof(SessionRecord), "One record a line.") { ContentType = MediaTypes.JsonLines }],
        Problems = [403, 404, 410, 503],
    });

    private async Task InvokeAsync(HttpContext context)
    {
        var session = cluster.Session(identity.Session(context, RequestValues.Route(context, "session_id")));
        var cancellationToken = context.RequestAborted;
        var page = await session.ExportAsync(null, cancellationToken);
        context.Response.ContentType = MediaTypes.JsonLines;
        while (await JsonLines.WriteAsync(context.Response.BodyWriter, page.Records, GranaryJson.Default.SessionRecord, cancellationToken) && page.Next is { } next)
        {
            page = await session.ExportAsync(next, cancellationToken);
        }
    }
}
