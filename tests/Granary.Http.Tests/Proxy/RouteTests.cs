using Granary.Http.Identity;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Granary.Http.Tests.Proxy;

/// <summary>The proxy's routes among the others: their scopes and their description.</summary>
public sealed class RouteTests : ProxyTest
{
    [Fact]
    public void Every_route_of_the_proxy_is_a_users()
    {
        var routes = Routes().ToList();

        routes.Count.ShouldBe(18);
        routes.ShouldAllBe(route => route.Metadata.GetMetadata<RequiredScope>()!.Scope == GranaryScope.User);
    }

    [Fact]
    public async Task The_description_has_them()
    {
        var paths = (await Api.GetAsync("/openapi/v1.json")).ShouldBe(200)["paths"]!.AsObject();

        foreach (var route in Routes())
        {
            paths.ContainsKey(route.RoutePattern.RawText!.Replace("**", "")).ShouldBeTrue(route.RoutePattern.RawText);
        }
    }

    private IEnumerable<RouteEndpoint> Routes() => Fixture.Server.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
        .Where(route => route.RoutePattern.RawText!.Contains("/v1/") && !route.RoutePattern.RawText.Contains("openapi")

            // mem0's are another matter.
            && !route.RoutePattern.RawText.Contains("/memories") && route.RoutePattern.RawText is not ("/v1/ping" or "/v1/batch") && !route.RoutePattern.RawText.StartsWith("/v1/entities")
            && !route.RoutePattern.RawText.StartsWith("/v2/") && route.Metadata.GetMetadata<IHttpMethodMetadata>() is not null);
}
