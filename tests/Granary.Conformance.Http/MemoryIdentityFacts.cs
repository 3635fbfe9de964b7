using Granary.Http.Identity;

namespace Granary.Conformance.Http;

/// <summary>Whose long-term memory a caller reaches.</summary>
public abstract class MemoryIdentityFacts<TFixture>(TFixture fixture) : HttpConformance<TFixture>(fixture)
    where TFixture : HttpFixture
{
    private static readonly ApiKey AdasKey = ApiKey.Create();
    private static readonly ApiKey ServiceKey = ApiKey.Create();

    /// <summary>Routes that name a user in the body, with a body that is right but for the user.</summary>
    public static TheoryData<string, string, string> Bodies => new()
    {
        { "POST", "/memory/remember", """{"content":"a","user_id":"bob"}""" },
        { "POST", "/memory/remember/batch", """{"memories":[{"content":"a"}],"user_id":"bob"}""" },
        { "POST", "/memory/recall", """{"query":"a","user_id":"bob"}""" },
        { "POST", "/memory/reflect", """{"session_id":"a","user_id":"bob"}""" },
        { "POST", "/memory/retrieve", """{"query":"a","user_id":"bob"}""" },
        { "POST", "/memory/synthesize", """{"user_id":"bob"}""" },
        { "POST", "/memory/forget", """{"all":true,"user_id":"bob"}""" },
        { "POST", "/insights", """{"user_id":"bob"}""" },
        { "PATCH", "/memory/memories/m", """{"content":"a","user_id":"bob"}""" },
        { "POST", "/memory/memories/m/restore", """{"user_id":"bob"}""" },
    };

    /// <summary>Routes that name a user in the path or the query.</summary>
    public static TheoryData<string, string> Paths => new()
    {
        { "GET", "/memory/memories?user_id=bob" },
        { "GET", "/memory/memories/m?user_id=bob" },
        { "DELETE", "/memory/memories/m?user_id=bob" },
        { "GET", "/memory/memories/m/history?user_id=bob" },
        { "GET", "/memory/stats?user_id=bob" },
        { "GET", "/memory/export?user_id=bob" },
        { "GET", "/memory/health?user_id=bob" },
        { "GET", "/users/bob/insights" },
        { "GET", "/users/bob/erasure" },
        { "DELETE", "/users/bob" },
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task A_users_key_reaches_no_other_users_memory_by_the_body(string method, string path, string body)
    {
        await using var server = await StartWithKeysAsync();
        using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");

        (await server.With(AdasKey).SendAsync(new HttpMethod(method), path, content)).ShouldBeProblem(403, "forbidden");
    }

    [Fact]
    public async Task A_users_key_imports_into_no_other_users_memory()
    {
        await using var server = await StartWithKeysAsync();
        using var lines = new StringContent("""{"content":"a"}""", System.Text.Encoding.UTF8, "application/x-ndjson");

        (await server.With(AdasKey).SendAsync(HttpMethod.Post, "/memory/import?user_id=bob", lines)).ShouldBeProblem(403, "forbidden");
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public async Task A_users_key_reaches_no_other_users_memory_by_the_path(string method, string path)
    {
        await using var server = await StartWithKeysAsync();

        (await server.With(AdasKey).SendAsync(new HttpMethod(method), path, null)).ShouldBeProblem(403, "forbidden");
        (await server.Client().SendAsync(new HttpMethod(method), path, null)).ShouldBeProblem(401, "unauthorized");
    }

    [Fact]
    public async Task A_service_key_reaches_any_user_of_its_tenant_and_none_elsewhere()
    {
        await using var server = await StartWithKeysAsync();
        var service = server.With(ServiceKey);
        var user = User;

        (await service.PostAsync("/memory/remember", $$"""{"content":"a","user_id":"{{user}}"}""")).ShouldBe(200);
        ((int)(await service.GetAsync($"/memory/memories?user_id={user}")).ShouldBe(200)["total"]!).ShouldBe(1);
        (await service.GetAsync("/memory/memories")).ShouldBeProblem(400, "invalid_request", "user_id", "is required");
        (await service.GetAsync($"/memory/memories?user_id={user}", ("X-Tenant-ID", "other"))).ShouldBeProblem(403, "forbidden");
    }

    [Fact]
    public async Task Header_and_body_that_disagree_are_refused()
    {
        foreach (var row in Bodies)
        {
            using var content = new StringContent((string)row[2], System.Text.Encoding.UTF8, "application/json");
            (await Server.As("carol").SendAsync(new HttpMethod((string)row[0]), (string)row[1], content)).ShouldBeProblem(400, "invalid_request", "user_id", "differs");
        }

        foreach (var row in Paths)
        {
            (await Server.As("carol").SendAsync(new HttpMethod((string)row[0]), (string)row[1], null)).ShouldBeProblem(400, "invalid_request", "user_id", "differs");
        }
    }

    private Task<HttpServer> StartWithKeysAsync() => Fixture.StartAsync(options => options.Keys =
    [
        new ApiKeyOptions { Hash = AdasKey.Hash, Tenant = "acme", User = "ada" },
        new ApiKeyOptions { Hash = ServiceKey.Hash, Tenant = "acme", Name = "backend" },
    ]);
}
