using Granary.Http.Identity;

namespace Granary.Http.Tests.Proxy;

/// <summary>Whose memory a call uses: credential, headers, path, body; and what is relayed as it is.</summary>
public sealed class ScopeTests : ProxyTest
{
    private static readonly string Hi = Texts.Ask("u:Hi");

    [Theory]
    [InlineData("/p/ada/s/v1/chat/completions", null)]
    [InlineData("/p/ada/v1/chat/completions", "\"metadata\":{\"session_id\":\"s\"}")]
    [InlineData("/v1/chat/completions", "\"user\":\"ada\",\"metadata\":{\"session_id\":\"s\"}")]
    public async Task Path_and_body_name_user_and_session(string path, string? more)
    {
        var answer = (await Fixture.Server.Client().PostAsync(path, more is null ? Hi : Texts.Ask(["u:Hi"], "," + more))).ShouldBe(200);

        answer.Header("X-Session-ID").ShouldBe("s");
        (await ViewAsync("s")).ShouldBe(["u:Hi", "a:Understood."]);
        Upstream.Last.Json.ContainsKey("metadata").ShouldBeFalse();
    }

    [Fact]
    public async Task The_conversation_of_a_response_is_the_session_and_does_not_go_up()
    {
        Upstream.Always(Texts.Response("Understood."));
        await Api.PostAsync("/v1/responses", """{"model":"gpt-4o","input":"Hi","conversation":{"id":"s"}}""");
        await Api.PostAsync("/v1/responses", """{"model":"gpt-4o","input":"Again","conversation":"s"}""");

        (await ViewAsync("s")).ShouldBe(["u:Hi", "a:Understood.", "u:Again", "a:Understood."]);
        Upstream.Last.Path.ShouldBe("/v1/responses");
        Upstream.Last.Json.ContainsKey("conversation").ShouldBeFalse();
        Upstream.Last.Said.ShouldBe(["user: Hi", "assistant: Understood.", "user: Again"]);
    }

    [Fact]
    public async Task A_user_without_a_session_gets_the_one_of_the_conversations_first_question()
    {
        var first = (await Api.PostAsync("/v1/chat/completions", Texts.Ask("s:Be kind.", "u:Hi"))).Header("X-Session-ID")!;
        var second = (await Api.PostAsync("/v1/chat/completions", Texts.Ask("s:Today is Monday.", "u: Hi\n", "a:Understood.", "u:Go on"))).Header("X-Session-ID");
        var other = (await Api.PostAsync("/v1/chat/completions", Texts.Ask("u:Hello"))).Header("X-Session-ID");

        first.ShouldMatch("^conv-[0-9a-f]{32}$");
        second.ShouldBe(first);
        other.ShouldNotBe(first);
        (await ViewAsync(first)).Length.ShouldBe(4);
        (await Fixture.Server.As("bob").PostAsync("/v1/chat/completions", Hi)).Header("X-Session-ID").ShouldBe(first);
        (await ViewAsync(first, "bob")).ShouldBe(["u:Hi", "a:Understood."]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_derived_session_that_was_ended_or_erased_is_followed_by_another_one(bool erased)
    {
        var first = (await Api.PostAsync("/v1/chat/completions", Hi)).Header("X-Session-ID")!;
        var id = first;
        for (var generation = 2; generation <= 6; generation++)
        {
            var session = Cluster.Session(new SessionKey("default", "ada", id));
            await (erased ? session.DeleteAsync() : session.EndAsync());
            id = (await Api.PostAsync("/v1/chat/completions", Hi)).ShouldBe(200).Header("X-Session-ID")!;
            id.ShouldBe($"{first}-{generation}");
            (await ViewAsync(id)).ShouldBe(["u:Hi", "a:Understood."]);
        }

        (await Api.PostAsync("/v1/chat/completions", Texts.Ask("u:Hi", "a:Understood.", "u:Go on"))).ShouldBe(200).Header("X-Session-ID").ShouldBe(id);
        (await ViewAsync(id)).Length.ShouldBe(4);
        (await Api.PostAsync("/v1/chat/completions", Hi, ("X-Session-ID", first))).Status.ShouldBe(erased ? 410 : 409);
    }

    [Theory]
    [InlineData("/v1/chat/completions", "{\"model\":\"gpt-4o\", \"messages\":[ {\"role\":\"user\",\"content\":\"Hi\\u00e9\"}],  \"x\" : 1.0}")]
    [InlineData("/v1/responses", "{\"model\":\"gpt-4o\", \"input\" : \"Hi\", \"previous_response_id\":\"resp_theirs\"}")]
    [InlineData("/v1/messages", "{\"model\":\"claude-sonnet-4-5\",\"max_tokens\":1e2, \"messages\":[]}")]
    public async Task Without_a_user_bytes_go_up_and_come_back_as_they_are(string path, string body)
    {
        const string Answer = "{ \"odd\" : [1.0 , \"\\u00e9\"] }\n";
        Upstream.Always(Answer, 200, ("x-ratelimit-remaining-requests", "9"), ("Set-Cookie", "a=b"));

        var answer = await Fixture.Server.Client().PostAsync(path, body, ("anthropic-beta", "x-1"), ("Cookie", "c=d"), ("X-Secret", "1"));

        answer.ShouldBe(200).Text.ShouldBe(Answer);
        answer.Header("x-ratelimit-remaining-requests").ShouldBe("9");
        answer.Header("Set-Cookie").ShouldBeNull();
        Upstream.Last.Text.ShouldBe(body);
        Upstream.Last.Header("anthropic-beta").ShouldBe("x-1");
        Upstream.Last.Header("Cookie").ShouldBeNull();
        Upstream.Last.Header("X-Secret").ShouldBeNull();
    }

    [Fact]
    public async Task Without_a_user_a_stream_is_relayed_as_it_is()
    {
        string[] events = [": comment\n\n", "data: {\"anything\":1}\r\n\r\n", "data: [DONE]\n\n"];
        Upstream.Streams(events);

        var answer = await Fixture.Server.Client().PostAsync("/v1/chat/completions", Texts.Ask(["u:Hi"], ""","stream":true"""));

        answer.ShouldBe(200).Text.ShouldBe(string.Concat(events));
        answer.ContentType.ShouldBe("text/event-stream");
    }

    [Theory]
    [InlineData("/v1/chat/completions", "\"user\":\"eve\"", null, 400, "user")]
    [InlineData("/p/eve/v1/chat/completions", null, null, 400, "user")]
    [InlineData("/p/ada/s/v1/chat/completions", "\"user\":\"eve\"", null, 400, "user")]
    [InlineData("/p/ada/s/v1/chat/completions", null, "t", 400, "session")]
    [InlineData("/v1/chat/completions", "\"metadata\":{\"session_id\":\"s\"}", "t", 400, "metadata.session_id")]
    [InlineData("/v1/chat/completions", "\"metadata\":{\"session_id\":5}", null, 400, "metadata.session_id")]
    [InlineData("/v1/chat/completions", "\"metadata\":{\"session_id\":\"a b\"}", null, 400, "metadata.session_id")]
    [InlineData("/v1/chat/completions", "\"user\":7", null, 400, "user")]
    public async Task What_disagrees_or_is_no_id_is_refused_before_the_provider_is_asked(string path, string? more, string? session, int status, string field)
    {
        var headers = session is null ? Array.Empty<(string, string)>() : [("X-Session-ID", session)];

        var answer = await Api.PostAsync(path, more is null ? Hi : Texts.Ask(["u:Hi"], "," + more), headers);

        answer.ShouldBe(status);
        ((string?)answer["error"]!["message"])!.ShouldStartWith(field);
        Upstream.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_session_needs_a_user()
    {
        (await Fixture.Server.Client().PostAsync("/v1/chat/completions", Hi, ("X-Session-ID", "s"))).ShouldBe(400);
        Upstream.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_key_is_bound_and_never_goes_up()
    {
        var (mine, service) = (ApiKey.Create(), ApiKey.Create());
        await using var server = await Fixture.StartAsync(options => options.Keys =
        [
            new ApiKeyOptions { Hash = mine.Hash, Tenant = "acme", User = "ada" },
            new ApiKeyOptions { Hash = service.Hash, Tenant = "acme" },
        ]);

        (await server.With(mine).PostAsync("/v1/chat/completions", Hi, ("X-Session-ID", "s"))).ShouldBe(200);
        (await ViewAsync("s", "ada", "acme")).Length.ShouldBe(2);
        var noUser = await server.With(service).PostAsync("/v1/chat/completions", Hi);
        noUser.ShouldBe(200).Header("X-Session-ID").ShouldBeNull();
        var asHeader = server.Client();
        (await asHeader.PostAsync("/v1/messages", """{"model":"claude-sonnet-4-5","max_tokens":9,"messages":[{"role":"user","content":"Hi"}]}""", ("x-api-key", mine.Text), ("X-Session-ID", "t"))).Status.ShouldNotBe(401);
        foreach (var call in Upstream.Calls)
        {
            call.Headers.ShouldAllBe(header => !header.Value.Contains("gk_"));
        }

        var calls = Upstream.Calls.Count;
        (await server.With(mine).PostAsync("/v1/chat/completions", Hi, ("X-User-ID", "bob"))).ShouldBe(403);
        (await server.With(mine).PostAsync("/p/bob/v1/chat/completions", Hi)).ShouldBe(403);
        (await server.With(mine).PostAsync("/v1/chat/completions", Texts.Ask(["u:Hi"], ""","user":"bob" """))).ShouldBe(403);
        (await server.With(mine).PostAsync("/v1/chat/completions", Hi, ("X-Tenant-ID", "other"))).ShouldBe(403);
        var unknown = (await server.Client().PostAsync("/v1/chat/completions", Hi)).ShouldBe(401);
        unknown["error"]!["message"].ShouldNotBeNull();
        ((string?)(await server.Client().PostAsync("/v1/messages", Hi)).ShouldBe(401)["type"]).ShouldBe("error");
        Upstream.Calls.Count.ShouldBe(calls);
    }

    [Fact]
    public async Task Tenants_and_users_do_not_see_each_others_sessions_of_the_same_name()
    {
        await Fixture.Server.As("ada", "one").PostAsync("/v1/chat/completions", Texts.Ask("u:The code is 4711."), ("X-Session-ID", "s"));
        await Fixture.Server.As("ada", "two").PostAsync("/v1/chat/completions", Texts.Ask("u:What is the code?"), ("X-Session-ID", "s"));
        Upstream.Last.Text.ShouldNotContain("4711");
        await Fixture.Server.As("bob", "one").PostAsync("/v1/chat/completions", Texts.Ask("u:What is the code?"), ("X-Session-ID", "s"));
        Upstream.Last.Text.ShouldNotContain("4711");
    }

    [Fact]
    public async Task The_id_of_an_answer_leads_back_to_its_session_but_only_of_the_same_user()
    {
        Upstream.Always(Texts.Response("Noted."));
        var first = (await Api.PostAsync("/v1/responses", """{"model":"gpt-4o","input":"The code is 4711."}""")).ShouldBe(200);
        var id = (string)first["id"]!;
        id.ShouldStartWith("resp_");
        id.ShouldNotBe("resp_upstream1");

        var next = (await Api.PostAsync("/v1/responses", $$"""{"model":"gpt-4o","input":"What is it?","previous_response_id":"{{id}}"}""")).ShouldBe(200);
        next.Header("X-Session-ID").ShouldBe(first.Header("X-Session-ID"));
        Upstream.Last.Said.ShouldBe(["user: The code is 4711.", "assistant: Noted.", "user: What is it?"]);
        Upstream.Last.Json.ContainsKey("previous_response_id").ShouldBeFalse();

        await Fixture.Server.As("eve").PostAsync("/v1/responses", $$"""{"model":"gpt-4o","input":"What is it?","previous_response_id":"{{id}}"}""");
        Upstream.Last.Text.ShouldNotContain("4711");
        (await Fixture.Server.Client().PostAsync("/v1/responses", $$"""{"model":"gpt-4o","input":"x","previous_response_id":"{{id}}"}""")).ShouldBe(400);
        (await Api.PostAsync("/v1/responses", """{"model":"gpt-4o","input":"x","previous_response_id":"resp_theirs"}""")).ShouldBe(400);
        (await Api.PostAsync("/v1/responses", $$"""{"model":"gpt-4o","input":"x","previous_response_id":"{{id[..^3]}}AAA"}""")).ShouldBe(400);
    }

    [Fact]
    public async Task Going_on_from_an_answer_with_the_same_words_is_a_new_turn_and_from_the_one_before_a_regeneration()
    {
        Upstream.Always(Texts.Response("One."));
        var first = (string)(await Api.PostAsync("/v1/responses", """{"model":"gpt-4o","input":"Go on","conversation":"s"}"""))["id"]!;
        Upstream.Always(Texts.Response("Two."));
        await Api.PostAsync("/v1/responses", $$"""{"model":"gpt-4o","input":"Go on","previous_response_id":"{{first}}"}""");
        (await ViewAsync("s")).ShouldBe(["u:Go on", "a:One.", "u:Go on", "a:Two."]);

        Upstream.Always(Texts.Response("Better."));
        await Api.PostAsync("/v1/responses", $$"""{"model":"gpt-4o","input":"Go on","previous_response_id":"{{first}}"}""");
        (await ViewAsync("s")).ShouldBe(["u:Go on", "a:One.", "u:Go on", "a:Better."]);
    }

    [Fact]
    public async Task Anthropics_user_id_counts_where_it_is_an_id_and_nothing_else_names_the_user()
    {
        Upstream.Always(Texts.Message("Understood."));
        const string Body = """{"model":"claude-sonnet-4-5","max_tokens":9,"messages":[{"role":"user","content":"Hi"}],"metadata":{"user_id":"ada"}}""";

        var answer = (await Fixture.Server.Client().PostAsync("/v1/messages", Body)).ShouldBe(200);
        (await ViewAsync(answer.Header("X-Session-ID")!)).Length.ShouldBe(2);
        (await Fixture.Server.As("bob").PostAsync("/v1/messages", Body)).ShouldBe(200);
        var opaque = await Fixture.Server.Client().PostAsync("/v1/messages", Body.Replace("\"ada\"", "\"no id of ours\""));
        opaque.ShouldBe(200).Header("X-Session-ID").ShouldBeNull();
    }
}
