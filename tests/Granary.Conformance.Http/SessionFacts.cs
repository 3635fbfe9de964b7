namespace Granary.Conformance.Http;

/// <summary>The life of sessions, their messages, history and state.</summary>
public abstract class SessionFacts<TFixture>(TFixture fixture) : HttpConformance<TFixture>(fixture)
    where TFixture : HttpFixture
{
    private const string ToolTurn = """
        {"messages":[
          {"role":"user","content":"What is the weather in Oslo?","id":"q1","metadata":{"source":"phone"}},
          {"role":"assistant","content":"","tool_calls":[{"id":"c1","name":"weather","arguments":{"city":"Oslo"}}]},
          {"role":"tool","content":"4 degrees","tool_call_id":"c1","name":"weather"},
          {"role":"assistant","content":"It is 4 degrees in Oslo.","reasoning":"The tool says 4."}]}
        """;

    [Fact]
    public async Task A_session_without_an_id_gets_one()
    {
        var started = (await Api.PostAsync("/sessions/start", """{"agent_id":"helper"}""")).ShouldBe(200);

        ((string?)started["session_id"])!.ShouldMatch("^[0-9a-f]{32}$");
        ((string?)started["user_id"]).ShouldBe(User);
        ((string?)started["agent_id"]).ShouldBe("helper");
        ((bool)started["restored"]!).ShouldBeFalse();
        started["active_context"]!.AsArray().ShouldBeEmpty();
        started.Header("ETag").ShouldNotBeNullOrEmpty();
    }

    [Fact]
    public async Task Starting_an_active_session_restores_it()
    {
        await StoreAsync("s");

        var started = (await Api.PostAsync("/sessions/start", """{"session_id":"s"}""")).ShouldBe(200);

        ((bool)started["restored"]!).ShouldBeTrue();
        started["active_context"]!.AsArray().Count.ShouldBe(1);
        ((int)started["last_sequence"]!).ShouldBe(2);
        (await Api.PostAsync("/sessions/start", """{"session_id":"s","restore":false}""")).ShouldBeProblem(409, "already_exists");
    }

    [Fact]
    public async Task Starting_a_completed_session_starts_one_that_follows_it()
    {
        await StoreAsync("s");
        await Api.PostAsync("/sessions/end", """{"session_id":"s"}""");

        var started = (await Api.PostAsync("/sessions/start", """{"session_id":"s"}""")).ShouldBe(200);

        ((string?)started["previous_session_id"]).ShouldBe("s");
        ((string?)started["session_id"]).ShouldNotBe("s");
        ((bool)started["restored"]!).ShouldBeFalse();
        (await Api.PostAsync("/sessions/start", """{"session_id":"s","restore":false}""")).ShouldBe(409);
    }

    [Fact]
    public async Task A_last_answer_is_superseded_and_stays_in_the_history_marked()
    {
        await StoreAsync("s");
        const string again = """{"supersedes":2,"messages":[{"role":"assistant","content":"Better","partial":true}]}""";

        ((int)(await Api.PostAsync("/sessions/s/messages", again)).ShouldBe(200)["first_sequence"]!).ShouldBe(3);

        var history = (await Api.GetAsync("/sessions/s/messages")).ShouldBe(200)["messages"]!.AsArray();
        history.Select(m => ((bool?)m!["superseded"], (bool?)m["partial"])).ShouldBe([(null, null), (true, null), (null, true)]);
        (await Api.PostAsync("/sessions/s/messages", again)).ShouldBeProblem(409, "not_last_answer");
        (await Api.PostAsync("/sessions/s/messages", """{"supersedes":0,"messages":[{"role":"assistant","content":"x"}]}""")).ShouldBeProblem(400, "invalid_request");
    }

    [Fact]
    public async Task Ending_summarizes_and_ending_again_changes_nothing()
    {
        await StoreAsync("s", "Please remember that the meeting is on 4 March.", "Noted.");

        var ended = (await Api.PostAsync("/sessions/end", """{"session_id":"s"}""")).ShouldBe(200);
        var again = (await Api.PostAsync("/sessions/end", """{"session_id":"s"}""")).ShouldBe(200);

        ((string?)ended["status"]).ShouldBe("success");
        ((bool)ended["summary_generated"]!).ShouldBeTrue();
        ((int)ended["turns_count"]!).ShouldBe(1);
        ((string?)again["summary"]).ShouldBe((string?)ended["summary"]);
        (await Api.PostAsync("/sessions/end", """{"session_id":"nobody"}""")).ShouldBeProblem(404, "not_found");
    }

    [Fact]
    public async Task Messages_of_all_roles_are_appended_and_read_again()
    {
        var appended = (await Api.PostAsync("/sessions/s/messages", ToolTurn)).ShouldBe(200);

        ((int)appended["first_sequence"]!).ShouldBe(1);
        ((int)appended["last_sequence"]!).ShouldBe(4);
        appended["messages"]!.AsArray().Select(m => ((string?)m!["id"], (int)m["sequence"]!)).ShouldBe([("q1", 1), ("msg_2", 2), ("msg_3", 3), ("msg_4", 4)]);
        appended.Header("ETag")!.ShouldStartWith("\"4-");
        var history = (await Api.GetAsync("/sessions/s/messages")).ShouldBe(200);
        var messages = history["messages"]!.AsArray();
        ((string?)messages[0]!["metadata"]!["source"]).ShouldBe("phone");
        ((string?)messages[1]!["tool_calls"]![0]!["arguments"]!["city"]).ShouldBe("Oslo");
        ((string?)messages[2]!["tool_call_id"]).ShouldBe("c1");
        ((string?)messages[3]!["reasoning"]).ShouldBe("The tool says 4.");
        history.Json.AsObject().ContainsKey("next").ShouldBeTrue();
        history["next"].ShouldBeNull();
        var context = await Api.PostAsync("/memory/context", """{"session_id":"s","format":"messages"}""");
        context["messages"]!.AsArray().Select(m => (string?)m!["role"]).ShouldBe(["user", "assistant", "tool", "assistant"]);
        context.Text.ShouldNotContain("The tool says 4.");
    }

    [Fact]
    public async Task Appending_is_all_or_nothing()
    {
        var refused = await Api.PostAsync("/sessions/s/messages", """
            {"messages":[{"role":"user","content":"fine"},{"role":"tool","content":"no call","tool_call_id":"c9"}]}
            """);

        refused.ShouldBeProblem(400, "invalid_request");
        (await Api.GetAsync("/sessions/s")).ShouldBeProblem(404, "not_found");
    }

    [Fact]
    public async Task An_append_is_safe_to_repeat()
    {
        var first = (await Api.PostAsync("/sessions/s/messages", ToolTurn, ("Idempotency-Key", "k"))).ShouldBe(200);

        var repeat = (await Api.PostAsync("/sessions/s/messages", ToolTurn, ("Idempotency-Key", "k"))).ShouldBe(200);

        repeat.Body.ShouldBe(first.Body);
        repeat.Header("Idempotency-Replayed").ShouldBe("true");
        (await Api.PostAsync("/sessions/s/messages", """{"messages":[{"role":"user","content":"other"}]}""", ("Idempotency-Key", "k")))
            .ShouldBeProblem(409, "idempotency_key_reused");
    }

    [Fact]
    public async Task The_history_comes_in_pages()
    {
        for (var turn = 0; turn < 5; turn++)
        {
            await StoreAsync("s", $"said {turn}");
        }

        var seen = new List<int>();
        for (int? from = 1; from is not null;)
        {
            var page = (await Api.GetAsync($"/sessions/s/messages?from={from}&limit=3")).ShouldBe(200);
            seen.AddRange(page["messages"]!.AsArray().Select(m => (int)m!["sequence"]!));
            from = (int?)page["next"];
        }

        seen.ShouldBe(Enumerable.Range(1, 10));
        (await Api.GetAsync("/sessions/s/messages?from=99"))["messages"]!.AsArray().ShouldBeEmpty();
    }

    [Fact]
    public async Task The_users_sessions_are_listed_in_pages_and_by_filter()
    {
        foreach (var (session, agent) in new[] { ("a", "x"), ("b", "y"), ("c", "x") })
        {
            await Api.PostAsync("/sessions/start", $$"""{"session_id":"{{session}}","agent_id":"{{agent}}"}""");
        }

        await Api.PostAsync("/sessions/end", """{"session_id":"a"}""");

        Names(await Api.GetAsync("/sessions")).ShouldBe(["c", "b", "a"]);
        Names(await Api.GetAsync("/sessions?agent_id=x")).ShouldBe(["c", "a"]);
        Names(await Api.GetAsync("/sessions?status=completed")).ShouldBe(["a"]);
        var first = await Api.GetAsync("/sessions?limit=2");
        Names(first).ShouldBe(["c", "b"]);
        Names(await Api.GetAsync("/sessions?limit=2&after=" + Uri.EscapeDataString((string)first["next"]!))).ShouldBe(["a"]);

        static IEnumerable<string?> Names(ApiAnswer answer) => answer.ShouldBe(200)["sessions"]!.AsArray().Select(s => (string?)s!["session_id"]);
    }

    [Fact]
    public async Task A_sessions_state_is_not_sent_again_to_one_who_has_it()
    {
        await StoreAsync("s");
        var info = (await Api.GetAsync("/sessions/s")).ShouldBe(200);

        ((string?)info["status"]).ShouldBe("active");
        ((int)info["turn_count"]!).ShouldBe(1);
        ((string?)info["etag"]).ShouldBe(info.Header("ETag"));
        var unchanged = (await Api.GetAsync("/sessions/s", ("If-None-Match", info.Header("ETag")!))).ShouldBe(304);
        unchanged.Body.ShouldBeEmpty();
        unchanged.Header("ETag").ShouldBe(info.Header("ETag"));
        (await Api.GetAsync("/sessions/s", ("If-None-Match", "W/" + info.Header("ETag")))).ShouldBe(304);
        (await Api.GetAsync("/sessions/s", ("If-None-Match", "*"))).ShouldBe(304);
        await StoreAsync("s");
        (await Api.GetAsync("/sessions/s", ("If-None-Match", info.Header("ETag")!))).ShouldBe(200);
        (await Api.GetAsync("/sessions/s", ("If-None-Match", "rubbish"))).ShouldBeProblem(400, "invalid_request", "If-None-Match");
    }

    [Fact]
    public async Task An_erased_session_is_gone_until_it_is_started_again()
    {
        var etag = (await StoreAsync("s")).Header("ETag")!;
        await StoreAsync("s");
        (await Api.DeleteAsync("/sessions/s", ("If-Match", etag))).ShouldBeProblem(412, "precondition_failed");

        (await Api.DeleteAsync("/sessions/s")).ShouldBe(204).Body.ShouldBeEmpty();

        (await Api.GetAsync("/sessions/s")).ShouldBeProblem(410, "erased");
        (await Api.PostAsync("/memory/context", """{"session_id":"s"}""")).ShouldBeProblem(410, "erased");
        (await StoreAsync("s")).ShouldBeProblem(410, "erased");
        (await Api.DeleteAsync("/sessions/s")).ShouldBe(204);
        ((int)(await Api.GetAsync("/sessions"))["count"]!).ShouldBe(0);
        ((bool)(await Api.PostAsync("/sessions/start", """{"session_id":"s"}""")).ShouldBe(200)["restored"]!).ShouldBeFalse();
        ((int)(await StoreAsync("s")).ShouldBe(200)["last_sequence"]!).ShouldBe(2);
    }

    [Fact]
    public async Task Health_says_how_the_sessions_memory_does()
    {
        await StoreAsync("s");

        var health = (await Api.GetAsync("/sessions/s/health")).ShouldBe(200);

        ((bool)health["healthy"]!).ShouldBeTrue();
        ((int)health["message_count"]!).ShouldBe(2);
        ((string?)health["actual_strategy"]).ShouldNotBeNullOrEmpty();
    }

    [Fact]
    public async Task Compacting_can_be_tried_forced_and_left_without_a_body()
    {
        for (var turn = 0; turn < 8; turn++)
        {
            await StoreAsync("s", $"Fact number {turn} is that the value is {turn * 11}.", "Noted.");
        }

        var dry = (await Api.PostAsync("/sessions/s/compact", """{"force":true,"dry_run":true}""")).ShouldBe(200);
        var nothing = (await Api.SendAsync(HttpMethod.Post, "/sessions/s/compact", null)).ShouldBe(200);
        var forced = (await Api.PostAsync("/sessions/s/compact", """{"force":true}""")).ShouldBe(200);

        ((bool)dry["dry_run"]!).ShouldBeTrue();
        ((int)dry["folded_messages"]!).ShouldBeGreaterThan(0);
        ((int)nothing["folded_messages"]!).ShouldBe(0);
        ((bool)forced["success"]!).ShouldBeTrue();
        ((int)forced["folded_messages"]!).ShouldBe((int)dry["folded_messages"]!);
        ((int)forced["epoch"]!).ShouldBe(2);
        ((int)(await Api.GetAsync("/sessions/s/messages"))["messages"]!.AsArray().Count).ShouldBe(16);
        var earlier = (await Api.GetAsync("/sessions/s/epochs/1")).ShouldBe(200);
        ((bool)earlier["current"]!).ShouldBeFalse();
        earlier["messages"]!.AsArray().Count.ShouldBe(16);
        ((bool)(await Api.GetAsync("/sessions/s/epochs/2")).ShouldBe(200)["current"]!).ShouldBeTrue();
        (await Api.GetAsync("/sessions/s/epochs/3")).ShouldBeProblem(404, "not_found");
        (await Api.PostAsync("/sessions/s/compact", """{"threshold":0}""")).ShouldBeProblem(400, "invalid_request", "threshold");
        (await Api.PostAsync("/sessions/s/compact", """{"strategy":"magic"}""")).ShouldBeProblem(400, "invalid_request", "strategy", "must be one of turn_buffer");
    }

    [Fact]
    public async Task Clearing_must_be_confirmed_and_keeps_the_history()
    {
        var etag = (await StoreAsync("s")).Header("ETag")!;
        (await Api.PostAsync("/sessions/s/clear", "{}")).ShouldBeProblem(400, "invalid_request", "confirm");
        (await Api.PostAsync("/sessions/s/clear", """{"confirm":true}""", ("If-Match", "\"9-9\""))).ShouldBeProblem(412, "precondition_failed");

        var cleared = (await Api.PostAsync("/sessions/s/clear", """{"confirm":true}""", ("If-Match", etag))).ShouldBe(200);

        ((int)cleared["messages_cleared"]!).ShouldBe(2);
        (await Api.PostAsync("/memory/context", """{"session_id":"s"}"""))["active_context"]!.AsArray().ShouldBeEmpty();
        (await Api.GetAsync("/sessions/s/messages"))["messages"]!.AsArray().Count.ShouldBe(2);
    }

    [Theory]
    [InlineData("GET", "/sessions/nobody")]
    [InlineData("GET", "/sessions/nobody/messages")]
    [InlineData("GET", "/sessions/nobody/health")]
    [InlineData("GET", "/sessions/nobody/epochs/1")]
    [InlineData("GET", "/sessions/nobody/export")]
    [InlineData("GET", "/sessions/nobody/events")]
    [InlineData("POST", "/sessions/nobody/compact")]
    [InlineData("DELETE", "/sessions/nobody")]
    public async Task An_unknown_session_is_404(string method, string path) =>
        (await Api.SendAsync(new HttpMethod(method), path, null)).ShouldBeProblem(404, "not_found");
}
