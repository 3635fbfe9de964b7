using Granary.Http.Identity;

namespace Granary.Conformance.Http;

/// <summary>Who may do what, with keys and without.</summary>
public abstract class IdentityFacts<TFixture>(TFixture fixture) : HttpConformance<TFixture>(fixture)
    where TFixture : HttpFixture
{
    private static readonly ApiKey UserKey = ApiKey.Create();
    private static readonly ApiKey ServiceKey = ApiKey.Create();
    private static readonly ApiKey OtherTenant = ApiKey.Create();
    private static readonly ApiKey UsersOnly = ApiKey.Create();

    private const string Turn = """{"session_id":"s","user_message":"a","agent_message":"b"}""";

    private Task<HttpServer> StartWithKeysAsync() => Fixture.StartAsync(options => options.Keys =
    [
        new ApiKeyOptions { Hash = UserKey.Hash, Tenant = "acme", User = "ada" },
        new ApiKeyOptions { Hash = ServiceKey.Hash.ToUpperInvariant(), Tenant = "acme", Name = "backend" },
        new ApiKeyOptions { Hash = OtherTenant.Hash, Tenant = "other" },
        new ApiKeyOptions { Hash = UsersOnly.Hash, Tenant = "acme", Scopes = ["user"] },
    ]);

    [Fact]
    public async Task With_keys_a_caller_without_one_is_401_but_for_open_routes()
    {
        await using var server = await StartWithKeysAsync();
        var nobody = server.As("ada");

        foreach (var path in new[] { "/health", "/health/live", "/health/ready", "/openapi/v1.json", "/docs/index.html" })
        {
            (await nobody.GetAsync(path)).ShouldBe(200);
        }

        var refused = (await nobody.PostAsync("/memory/store", Turn)).ShouldBeProblem(401, "unauthorized");
        refused.Header("WWW-Authenticate").ShouldBe("Bearer realm=\"granary\"");
        (await nobody.PostAsync("/memory/store", Turn, ("Authorization", "Bearer gk_wrong"))).ShouldBeProblem(401, "unauthorized");
        (await nobody.PostAsync("/memory/store", Turn, ("Authorization", "Bearer "))).ShouldBeProblem(401, "unauthorized");
        (await nobody.PostAsync("/memory/store", Turn, ("Authorization", $"Basic {UserKey.Text}"))).ShouldBeProblem(401, "unauthorized");
        (await nobody.PostAsync("/memory/store", Turn, ("X-API-Key", UserKey.Hash))).ShouldBeProblem(401, "unauthorized");
        (await nobody.PostAsync("/memory/store", Turn, ("X-API-Key", new string('k', 5000)))).ShouldBeProblem(401, "unauthorized");
        (await nobody.GetAsync("/sessions/s/events?user_id=ada")).ShouldBeProblem(401, "unauthorized");
        (await nobody.GetAsync("/stats")).ShouldBeProblem(401, "unauthorized");
    }

    [Fact]
    public async Task A_key_is_presented_either_way()
    {
        await using var server = await StartWithKeysAsync();
        var client = server.Client();

        (await client.PostAsync("/memory/store", Turn, ("Authorization", $"Bearer {UserKey.Text}"))).ShouldBe(200);
        (await client.PostAsync("/memory/store", Turn, ("Authorization", $"bearer  {UserKey.Text}"))).ShouldBe(200);
        (await client.PostAsync("/memory/store", Turn, ("X-API-Key", UserKey.Text))).ShouldBe(200);
        (await client.PostAsync("/memory/store", Turn, ("X-API-Key", UserKey.Text), ("Authorization", $"Bearer {UserKey.Text}"))).ShouldBe(200);
        (await client.PostAsync("/memory/store", Turn, ("X-API-Key", UserKey.Text), ("Authorization", $"Bearer {ServiceKey.Text}")))
            .ShouldBeProblem(400, "invalid_request", "X-API-Key");
    }

    [Fact]
    public async Task A_users_key_acts_for_that_user_and_for_no_other()
    {
        await using var server = await StartWithKeysAsync();
        var ada = server.With(UserKey);

        (await ada.PostAsync("/memory/store", Turn)).ShouldBe(200);
        ((string?)(await ada.GetAsync("/sessions/s")).ShouldBe(200)["user_id"]).ShouldBe("ada");
        (await ada.GetAsync("/sessions/s", ("X-User-ID", "ada"), ("X-Tenant-ID", "acme"))).ShouldBe(200);
        (await ada.GetAsync("/sessions/s", ("X-User-ID", "bob"))).ShouldBeProblem(403, "forbidden");
        (await ada.GetAsync("/sessions/s", ("X-Tenant-ID", "other"))).ShouldBeProblem(403, "forbidden");
        (await ada.PostAsync("/memory/context", """{"session_id":"s","user_id":"bob"}""")).ShouldBeProblem(403, "forbidden");
        (await ada.GetAsync("/sessions/s/events?user_id=bob")).ShouldBeProblem(403, "forbidden");
        var batch = (await ada.PostAsync("/memory/store/batch", """{"turns":[{"session_id":"s","user_id":"bob","user_message":"a","agent_message":"b"}]}""")).ShouldBe(200);
        ((string?)batch["results"]![0]!["problem"]!["code"]).ShouldBe("forbidden");
        (await ada.PostAsync("/memory/store/batch", """{"user_id":"bob","turns":[{}]}""")).ShouldBeProblem(403, "forbidden");
    }

    [Fact]
    public async Task A_users_key_opens_neither_resources_nor_figures()
    {
        await using var server = await StartWithKeysAsync();
        var ada = server.With(UserKey);

        (await ada.GetAsync("/resources")).ShouldBeProblem(403, "forbidden");
        (await ada.PutAsync("/resources/r", "{}")).ShouldBeProblem(403, "forbidden");
        (await ada.GetAsync("/stats")).ShouldBeProblem(403, "forbidden");
    }

    [Fact]
    public async Task A_service_key_names_any_user_of_its_tenant()
    {
        await using var server = await StartWithKeysAsync();
        var service = server.With(ServiceKey);

        (await service.PostAsync("/memory/store", Turn)).ShouldBeProblem(400, "invalid_request", "user_id", "is required");
        (await service.PostAsync("/memory/store", Turn, ("X-User-ID", "ada"))).ShouldBe(200);
        (await service.PostAsync("/memory/store", Turn.Replace("{\"s", "{\"user_id\":\"bob\",\"s"))).ShouldBe(200);
        (await server.With(UserKey).GetAsync("/sessions/s")).ShouldBe(200);
        (await service.GetAsync("/sessions/s", ("X-User-ID", "ada"), ("X-Tenant-ID", "other"))).ShouldBeProblem(403, "forbidden");
        (await service.GetAsync("/resources")).ShouldBe(200);
        (await service.GetAsync("/stats")).ShouldBe(200);
    }

    [Fact]
    public async Task Tenants_do_not_see_each_other()
    {
        await using var server = await StartWithKeysAsync();
        await server.With(ServiceKey).PostAsync("/memory/store", Turn, ("X-User-ID", "ada"));
        await server.With(ServiceKey).PutAsync("/resources/mine", "{}");

        (await server.With(OtherTenant).GetAsync("/sessions/s", ("X-User-ID", "ada"))).ShouldBeProblem(404, "not_found");
        (await server.With(OtherTenant).GetAsync("/resources/mine")).ShouldBeProblem(404, "not_found");
    }

    [Fact]
    public async Task A_keys_scopes_can_be_narrowed()
    {
        await using var server = await StartWithKeysAsync();
        var client = server.With(UsersOnly);

        (await client.PostAsync("/memory/store", Turn, ("X-User-ID", "ada"))).ShouldBe(200);
        (await client.GetAsync("/resources")).ShouldBeProblem(403, "forbidden");
        (await client.GetAsync("/stats")).ShouldBeProblem(403, "forbidden");
    }

    [Fact]
    public async Task With_keys_host_and_origin_do_not_matter()
    {
        await using var server = await StartWithKeysAsync();

        (await server.With(UserKey).PostAsync("/memory/store", Turn, ("Host", "memory.example"), ("Origin", "https://app.example"))).ShouldBe(200);
    }

    [Fact]
    public async Task Without_keys_tenant_and_user_are_what_the_request_says_and_authorization_is_ignored()
    {
        (await Api.PostAsync("/memory/store", Turn, ("Authorization", "Bearer whatever"))).ShouldBe(200);

        (await Api.GetAsync("/sessions/s", ("Authorization", "Basic xyz"), ("X-API-Key", "k"))).ShouldBe(200);
        (await Api.GetAsync("/sessions/s", ("X-Tenant-ID", "default"))).ShouldBe(200);
        (await Api.GetAsync("/sessions/s", ("X-Tenant-ID", "other"))).ShouldBe(404);
        (await Server.As("not-" + User).GetAsync("/sessions/s")).ShouldBe(404);
        (await Server.As(User, "other").PostAsync("/memory/store", Turn)).ShouldBe(200);
    }

    [Fact]
    public async Task Without_a_user_anywhere_the_request_is_refused()
    {
        var client = Server.Client();

        (await client.PostAsync("/memory/store", Turn)).ShouldBeProblem(400, "invalid_request", "user_id", "is required");
        (await client.GetAsync("/sessions")).ShouldBeProblem(400, "invalid_request", "user_id", "is required");
        (await client.GetAsync("/sessions/s")).ShouldBeProblem(400, "invalid_request", "user_id", "is required");
    }

    [Fact]
    public async Task Header_and_body_that_disagree_are_refused()
    {
        var body = Turn.Replace("{\"s", $$"""{"user_id":"{{User}}","s""");

        (await Server.Client().PostAsync("/memory/store", body)).ShouldBe(200);
        (await Api.PostAsync("/memory/store", body)).ShouldBe(200);
        (await Server.As("somebody").PostAsync("/memory/store", body)).ShouldBeProblem(400, "invalid_request", "user_id", "differs from the header X-User-ID");
        (await Server.As("somebody").GetAsync($"/sessions/s/events?user_id={User}")).ShouldBeProblem(400, "invalid_request", "user_id");
    }

    [Theory]
    [InlineData("localhost", 200)]
    [InlineData("LOCALHOST:8000", 200)]
    [InlineData("127.0.0.1:8000", 200)]
    [InlineData("127.1.2.3", 200)]
    [InlineData("[::1]:8000", 200)]
    [InlineData("evil.example", 403)]
    [InlineData("localhost.evil.example", 403)]
    [InlineData("127.0.0.1.evil.example", 403)]
    [InlineData("10.0.0.1", 403)]
    [InlineData("granary", 403)]
    public async Task Without_keys_the_host_must_be_this_machine(string host, int status)
    {
        await StoreAsync("s");

        var answer = await Api.GetAsync("/sessions/s", ("Host", host));

        answer.ShouldBe(status);
        if (status != 200)
        {
            answer.ShouldBeProblem(403, "forbidden");
            (await Api.GetAsync("/docs/index.html", ("Host", host))).ShouldBe(403);
        }
    }

    [Fact]
    public async Task Without_keys_a_server_that_nobody_called_yet_refuses_an_empty_host_too()
    {
        await using var server = await Fixture.StartAsync(_ => { });

        var (status, _) = await RawConnection.SendAsync(server, "GET /health HTTP/1.1\nHost:\n\n");

        status.ShouldBe(403);
    }

    [Theory]
    [InlineData("granary:8000", 200)]
    [InlineData("192.168.1.5", 200)]
    [InlineData("memory.example", 200)]
    [InlineData("evil.example", 403)]
    public async Task A_server_for_other_machines_is_called_by_address_by_plain_name_or_by_names_it_knows(string host, int status)
    {
        await using var server = await Fixture.StartAsync(options =>
        {
            options.BeyondLoopback = true;
            options.AllowedHosts = ["memory.example"];
        });

        (await server.As(User).GetAsync("/sessions", ("Host", host))).ShouldBe(status);
    }

    [Theory]
    [InlineData("https://evil.example", 403)]
    [InlineData("null", 403)]
    [InlineData("http://localhost:1", 403)]
    [InlineData("own", 200)]
    public async Task Without_keys_a_page_of_another_origin_is_refused(string origin, int status)
    {
        var own = Server.Address.GetLeftPart(UriPartial.Authority);

        var answer = await Api.PostAsync("/memory/store", Turn, ("Origin", origin == "own" ? own : origin));

        answer.ShouldBe(status);
    }
}
