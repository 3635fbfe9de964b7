using System.Text.Json.Nodes;
using Granary.Http.Identity;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Granary.Conformance.Http;

/// <summary>Health, figures, the API's description, problems of routing, limits.</summary>
public abstract class OperationFacts<TFixture>(TFixture fixture) : HttpConformance<TFixture>(fixture)
    where TFixture : HttpFixture
{
    [Theory]
    [InlineData("/health")]
    [InlineData("/health/live")]
    public async Task The_service_is_alive(string path)
    {
        var health = (await Server.Client().GetAsync(path)).ShouldBe(200);

        ((string?)health["status"]).ShouldBe("healthy");
        ((string?)health["service"]).ShouldBe("agent-memory");
        ((string?)health["version"])!.ShouldMatch(@"^\d+\.\d+\.\d+");
        var head = (await Server.Client().SendAsync(HttpMethod.Head, path, null)).ShouldBe(200);
        head.Body.ShouldBeEmpty();
        head.Header("Content-Length").ShouldBe($"{health.Body.Length}");
    }

    [Fact]
    public async Task The_service_is_ready_and_tells_of_its_store()
    {
        var ready = (await Server.Client().GetAsync("/health/ready")).ShouldBe(200);

        ((string?)ready["status"]).ShouldBe("ready");
        ((bool)ready["store"]!["readable"]!).ShouldBeTrue();
        ((bool)ready["store"]!["writable"]!).ShouldBeTrue();
        ((double)ready["store"]!["latency_ms"]!).ShouldBeGreaterThanOrEqualTo(0);
    }

    [Fact]
    public async Task Figures_count_what_is_in_memory()
    {
        await StoreAsync("s");
        await Api.PostAsync("/memory/context", """{"session_id":"s"}""");

        var stats = (await Api.GetAsync("/stats")).ShouldBe(200);

        ((int)stats["total_sessions"]!).ShouldBeGreaterThan(0);
        ((int)stats["dirty_sessions"]!).ShouldBe(0);
        ((int)stats["max_capacity"]!).ShouldBeGreaterThan(0);
        ((double)stats["hit_rate"]!).ShouldBeInRange(0, 1);
        foreach (var name in new[] { "utilization", "ttl_seconds", "avg_age_seconds", "oldest_age_seconds", "hits", "misses", "evictions" })
        {
            stats[name].ShouldNotBeNull(name);
        }
    }

    [Fact]
    public async Task Unknown_routes_and_wrong_methods_are_problems()
    {
        (await Api.GetAsync("/nothing/here")).ShouldBeProblem(404, "not_found");
        (await Api.GetAsync("/")).ShouldBeProblem(404, "not_found");
        (await Api.PostAsync("/memory/rumours", "{}")).ShouldBeProblem(404, "not_found");
        var wrong = (await Api.GetAsync("/memory/store")).ShouldBeProblem(405, "method_not_allowed");
        wrong.Header("Allow").ShouldBe("POST");
        (await Api.PutAsync("/sessions/s", "{}")).ShouldBeProblem(405, "method_not_allowed");
    }

    [Fact]
    public async Task A_problem_carries_the_callers_trace_id()
    {
        const string Trace = "4bf92f3577b34da6a3ce929d0e0e4736";

        var problem = await Api.GetAsync("/sessions/nobody", ("traceparent", $"00-{Trace}-00f067aa0ba902b7-01"));

        ((string?)problem.ShouldBeProblem(404, "not_found")["trace_id"]).ShouldBe(Trace);
        problem.Header("Cache-Control").ShouldBe("no-store");
    }

    [Fact]
    public void Every_route_declares_its_scope()
    {
        var routes = Server.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>().ToList();

        routes.Count.ShouldBeGreaterThan(30);
        routes.Where(route => route.Metadata.GetMetadata<RequiredScope>() is null).Select(route => route.DisplayName).ShouldBeEmpty();
        routes.Where(route => route.Metadata.GetMetadata<RequiredScope>()!.Scope == GranaryScope.Open)
            .Select(route => route.RoutePattern.RawText).Order(StringComparer.Ordinal)
            .ShouldBe(["/docs/{**path}", "/health", "/health/live", "/health/ready", "/openapi/v1.json"]);
    }

    [Fact]
    public async Task A_route_that_declares_no_scope_is_refused()
    {
        await using var server = await Fixture.StartAsync(map: app =>
        {
            app.MapGet("/forgotten", () => "secret");
            app.MapGet("/declared", (RequestDelegate)(context => context.Response.WriteAsync("fine"))).RequireScope(GranaryScope.Open);
        });

        (await server.Client().GetAsync("/forgotten")).ShouldBeProblem(403, "forbidden");
        (await server.Client().GetAsync("/declared")).ShouldBe(200).Text.ShouldBe("fine");
    }

    [Fact]
    public async Task The_description_has_every_route_with_its_body_answers_and_problems()
    {
        var document = (await Api.GetAsync("/openapi/v1.json")).ShouldBe(200).Json;
        var described = document["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject().Select(method => $"{method.Key.ToUpperInvariant()} {path.Key}"));
        var mapped = Server.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(route => route.RoutePattern.RawText is not ("/docs/{**path}" or "/openapi/v1.json"))
            .Select(route => $"{route.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods[0]} {route.RoutePattern.RawText!.Replace("{**", "{", StringComparison.Ordinal)}");

        described.Order(StringComparer.Ordinal).ShouldBe(mapped.Order(StringComparer.Ordinal));
        var store = document["paths"]!["/memory/store"]!["post"]!;
        ((string?)store["requestBody"]!["content"]!["application/json"]!["schema"]!["$ref"]).ShouldBe("#/components/schemas/StoreTurnRequest");
        ((string?)store["responses"]!["200"]!["content"]!["application/json"]!["schema"]!["$ref"]).ShouldBe("#/components/schemas/StoreTurnResponse");
        ((string?)store["responses"]!["409"]!["content"]!["application/problem+json"]!["schema"]!["$ref"]).ShouldBe("#/components/schemas/Problem");
        store["parameters"]!.AsArray().Select(p => (string?)p!["name"]).ShouldContain("Idempotency-Key");
        store["responses"]!["200"]!["headers"]!.AsObject().ContainsKey("ETag").ShouldBeTrue();
        var turn = document["components"]!["schemas"]!["StoreTurnRequest"]!;
        turn["properties"]!.AsObject().Select(p => p.Key).ShouldBe(["user_id", "session_id", "agent_id", "resource", "user_message", "agent_message", "timestamp", "idempotency_key"]);
        ((string?)turn["properties"]!["user_message"]!["description"]).ShouldBe("What the user said.");
        var ids = document["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject()).Select(method => (string?)method.Value!["operationId"]).ToList();
        ids.Distinct().Count().ShouldBe(ids.Count);
        foreach (var reference in References(document).Distinct())
        {
            document["components"]!["schemas"]!.AsObject().ContainsKey(reference).ShouldBeTrue(reference);
        }
    }

    [Fact]
    public async Task The_description_says_that_keys_are_needed_where_they_are()
    {
        var key = ApiKey.Create();
        await using var server = await Fixture.StartAsync(options => options.Keys = [new ApiKeyOptions { Hash = key.Hash, Tenant = "t" }]);

        var document = (await server.Client().GetAsync("/openapi/v1.json")).Json;

        document["components"]!["securitySchemes"]!.AsObject().Select(scheme => scheme.Key).ShouldBe(["bearer", "api_key"]);
        document["paths"]!["/memory/store"]!["post"]!["security"]!.AsArray().Count.ShouldBe(2);
        document["paths"]!["/memory/store"]!["post"]!["responses"]!["401"].ShouldNotBeNull();
        document["paths"]!["/health"]!["get"]!["security"].ShouldBeNull();
    }

    [Fact]
    public async Task The_ui_comes_out_of_the_service_itself()
    {
        var client = Server.Client();
        var page = await client.GetAsync("/docs");
        if (page.Status is 301 or 302)
        {
            page = await client.GetAsync(new Uri(new Uri(Server.Address, "/docs"), page.Header("Location")!).PathAndQuery);
        }

        page.ShouldBe(200).ContentType.ShouldBe("text/html");
        page.Header("X-Frame-Options").ShouldBe("DENY");
        page.Text.ShouldNotContain("//cdn");
        (await client.GetAsync("/docs/swagger-ui-bundle.js")).ShouldBe(200);
        (await client.GetAsync("/docs/index.js")).ShouldBe(200).Text.ShouldContain("/openapi/v1.json");
    }

    [Fact]
    public async Task Calls_beyond_a_users_rate_are_429_and_others_go_on()
    {
        await using var server = await Fixture.StartAsync(options => options.RateLimits.PerUser = new() { PerSecond = 1, Burst = 3 });
        var ada = server.As("ada");

        var statuses = new List<int>();
        for (var call = 0; call < 5; call++)
        {
            statuses.Add((await ada.GetAsync("/sessions")).Status);
        }

        statuses[..3].ShouldBe([200, 200, 200]);
        statuses.ShouldContain(429);
        var refused = await ada.GetAsync("/sessions");
        if (refused.Status == 429)
        {
            refused.ShouldBeProblem(429, "rate_limited");
            int.Parse(refused.Header("Retry-After")!).ShouldBeGreaterThanOrEqualTo(1);
        }

        (await server.As("bob").GetAsync("/sessions")).ShouldBe(200);
    }

    [Fact]
    public async Task Calls_beyond_a_tenants_rate_are_429()
    {
        await using var server = await Fixture.StartAsync(options => options.RateLimits.PerTenant = new() { PerSecond = 1, Burst = 1 });

        (await server.As("ada", "t").GetAsync("/sessions")).ShouldBe(200);
        (await server.As("bob", "t").GetAsync("/sessions")).ShouldBeProblem(429, "rate_limited");
        (await server.As("ada", "u").GetAsync("/sessions")).ShouldBe(200);
        (await server.As("ada", "t").GetAsync("/health")).ShouldBe(200);
    }

    private static IEnumerable<string> References(JsonNode? node) => node switch
    {
        JsonObject json => json.SelectMany(property => property.Key == "$ref"
            ? [((string)property.Value!).Split('/')[^1]]
            : References(property.Value)),
        JsonArray items => items.SelectMany(References),
        _ => [],
    };
}
