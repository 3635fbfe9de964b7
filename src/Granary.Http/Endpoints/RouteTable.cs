using Granary.Http.Documentation;
using Granary.Http.Identity;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Granary.Http.Endpoints;

/// <summary>Adds routes, each with its scope and its description.</summary>
internal sealed class RouteTable(IEndpointRouteBuilder routes)
{
    public RouteTable Get(string pattern, GranaryScope scope, RequestDelegate handler, RouteDescription description, params object[] metadata) =>
        Map([HttpMethods.Get, HttpMethods.Head], pattern, scope, handler, description, metadata);

    public RouteTable Post(string pattern, GranaryScope scope, RequestDelegate handler, RouteDescription description, params object[] metadata) =>
        Map([HttpMethods.Post], pattern, scope, handler, description, metadata);

    public RouteTable Put(string pattern, GranaryScope scope, RequestDelegate handler, RouteDescription description) =>
        Map([HttpMethods.Put], pattern, scope, handler, description);

    public RouteTable Patch(string pattern, GranaryScope scope, RequestDelegate handler, RouteDescription description) =>
        Map([HttpMethods.Patch], pattern, scope, handler, description);

    public RouteTable Delete(string pattern, GranaryScope scope, RequestDelegate handler, RouteDescription description) =>
        Map([HttpMethods.Delete], pattern, scope, handler, description);

    /// <summary>Adds a route whose answer is written as it is made, and so cannot tell its length to HEAD.</summary>
    public RouteTable GetStream(string pattern, GranaryScope scope, RequestDelegate handler, RouteDescription description, params object[] metadata) =>
        Map([HttpMethods.Get], pattern, scope, handler, description, metadata);

    private RouteTable Map(
        string[] methods, string pattern, GranaryScope scope, RequestDelegate handler, RouteDescription description, params object[] metadata)
    {
        routes.MapMethods(pattern, methods, handler)
            .RequireScope(scope)
            .WithMetadata([description, .. metadata])
            .WithDisplayName($"{methods[0]} {pattern}");
        return this;
    }
}
