using System.Text.Json.Nodes;

namespace Granary.Conformance.Http;

/// <summary>Storing turns and reading contexts.</summary>
public abstract class MemoryFacts<TFixture>(TFixture fixture) : HttpConformance<TFixture>(fixture)
    where TFixture : HttpFixture
{
    [Fact]
    public async Task What_is_known_is_put_together_when_it_is_asked_for()
    {
        foreach (var dish in (string[])["tea", "rice", "figs"])
        {
            (await Api.PostAsync("/memory/remember", $$"""{"content":"Likes {{dish}}.","kind":"insight","category":"preferences"}""")).ShouldBe(200);
        }

        var made = (await Api.PostAsync("/memory/synthesize", "{}")).ShouldBe(200);
        ((string?)made["profile"]!["event"]).ShouldBe("ADD");
        ((string?)made["profile"]!["record"]!["kind"]).ShouldBe("profile");
        ((string?)made["profile"]!["record"]!["origin"]).ShouldBe("synthesized");
        made["patterns"]!.AsArray().ShouldHaveSingleItem()!["record"]!["category"]!.GetValue<string>().ShouldBe("preferences");
        (await Api.PostAsync("/memory/synthesize", """{"category":" "}""")).ShouldBe(400);
        var again = (await Api.PostAsync("/memory/synthesize", """{"category":"preferences"}""")).ShouldBe(200);
        again["profile"].ShouldBeNull();
    }

    [Fact]
    public async Task One_stored_turn_is_one_entry_of_the_active_context_and_each_text_comes_once()
    {
        (await StoreAsync("s", "My name is Ada.", "Hello Ada.")).ShouldBe(200);

        var context = (await Api.PostAsync("/memory/context", """{"session_id":"s","format":"turns"}""")).ShouldBe(200);

        var turn = context["active_context"]!.AsArray().ShouldHaveSingleItem()!;
        ((int)turn["turn"]!).ShouldBe(1);
        turn["messages"]!.AsArray().Select(m => ((string?)m!["role"], (string?)m["content"]))
            .ShouldBe([("user", "My name is Ada."), ("assistant", "Hello Ada.")]);
        context.Text.Split("My name is Ada.").Length.ShouldBe(2);
    }

    [Fact]
    public async Task A_stored_turn_is_answered_with_its_place()
    {
        await StoreAsync("s");

        var stored = (await StoreAsync("s", "and", "then")).ShouldBe(200);

        ((string?)stored["status"]).ShouldBe("success");
        ((string?)stored["session_id"]).ShouldBe("s");
        ((int)stored["turn"]!).ShouldBe(2);
        ((int)stored["first_sequence"]!).ShouldBe(3);
        ((int)stored["last_sequence"]!).ShouldBe(4);
        stored["messages"]!.AsArray().Select(m => (int)m!["sequence"]!).ShouldBe([3, 4]);
        stored.Header("ETag")!.ShouldMatch("^\"4-[0-9]+\"$");
        stored.ContentType.ShouldBe("application/json");
    }

    [Theory]
    [InlineData("2024-05-01T10:00:00", "2024-05-01T10:00:00+00:00")]
    [InlineData("2024-05-01", "2024-05-01T00:00:00+00:00")]
    [InlineData("2024-05-01T10:00:00Z", "2024-05-01T10:00:00+00:00")]
    [InlineData("2024-05-01T10:00:00-03:30", "2024-05-01T10:00:00-03:30")]
    public async Task A_time_without_an_offset_is_utc_wherever_the_server_stands(string said, string kept)
    {
        var body = $$"""{"messages":[{"role":"user","content":"a","timestamp":"{{said}}"}]}""";
        (await Api.PostAsync($"/sessions/s-{said.Length}/messages", body)).ShouldBe(200);

        var history = (await Api.GetAsync($"/sessions/s-{said.Length}/messages")).ShouldBe(200);

        ((string?)history["messages"]!.AsArray()[0]!["timestamp"]).ShouldBe(kept);
    }

    [Theory]
    [InlineData(null, "active_context messages formatted_context")]
    [InlineData("turns", "active_context")]
    [InlineData("messages", "messages")]
    [InlineData("text", "formatted_context")]
    public async Task A_context_has_the_form_that_was_asked_for_and_no_other(string? format, string parts)
    {
        await StoreAsync("s", "What is the capital of France?", "Paris.");

        var answer = (await Api.PostAsync("/memory/context", $$"""{"session_id":"s","format":{{(format is null ? "null" : $"\"{format}\"")}}}""")).ShouldBe(200);

        string[] all = ["active_context", "messages", "formatted_context"];
        all.Where(part => answer.Json.AsObject().ContainsKey(part)).ShouldBe(parts.Split(' '));
        ((int)answer["epoch"]!).ShouldBe(1);
        ((int)answer["token_count"]!).ShouldBe((int)answer["tokens"]!["used"]!);
        answer.Text.ShouldContain("capital of France");
    }

    [Fact]
    public async Task One_form_of_a_hot_context_does_not_stand_in_for_another()
    {
        await StoreAsync("s");
        string[] forms = ["null", "\"turns\"", "\"messages\"", "\"text\""];
        for (var again = 0; again < 2; again++)
        {
            var answers = await Task.WhenAll(forms.Select(form => Api.PostAsync("/memory/context", $$"""{"session_id":"s","format":{{form}}}""")));

            answers.Select(answer => answer.Json.AsObject().Count(part => part.Key is "active_context" or "messages" or "formatted_context")).ShouldBe([3, 1, 1, 1]);
            answers.Select(answer => answer.Text).Distinct().Count().ShouldBe(4);
        }
    }

    [Fact]
    public async Task The_text_form_reads_like_a_transcript()
    {
        await StoreAsync("s", "hello", "hi");

        var answer = await Api.PostAsync("/memory/context", """{"session_id":"s","format":"text"}""");

        ((string?)answer["formatted_context"]).ShouldBe("### Recent Conversation\nUSER: hello\nASSISTANT: hi");
    }

    [Fact]
    public async Task A_context_follows_each_change_at_once()
    {
        for (var turn = 1; turn <= 5; turn++)
        {
            await StoreAsync("s", $"said {turn}", "yes");
            for (var again = 0; again < 3; again++)
            {
                var context = await Api.PostAsync("/memory/context", """{"session_id":"s"}""");
                ((int)context["last_sequence"]!).ShouldBe(2 * turn);
                context.Text.ShouldContain($"said {turn}");
            }
        }
    }

    [Fact]
    public async Task A_context_fits_into_max_tokens()
    {
        for (var turn = 1; turn <= 5; turn++)
        {
            await StoreAsync("s", $"number {turn} " + string.Join(' ', Enumerable.Repeat("word", 50)), "yes");
        }

        var answer = (await Api.PostAsync("/memory/context", """{"session_id":"s","max_tokens":150}""")).ShouldBe(200);

        ((int)answer["token_count"]!).ShouldBeLessThanOrEqualTo(150);
        ((int)answer["omitted_messages"]!).ShouldBeGreaterThan(0);
        answer.Text.ShouldContain("number 5");
        answer.Text.ShouldNotContain("number 1 ");
        (await Api.PostAsync("/memory/context", """{"session_id":"s"}""")).Text.ShouldContain("number 1 ");
    }

    [Fact]
    public async Task Reading_an_unknown_session_is_404_and_creates_nothing()
    {
        (await Api.PostAsync("/memory/context", """{"session_id":"nobody"}""")).ShouldBeProblem(404, "not_found");

        ((int)(await Api.GetAsync("/sessions"))["count"]!).ShouldBe(0);
    }

    [Fact]
    public async Task Text_of_any_script_comes_back_as_it_was()
    {
        const string Text = "Grüße 你好 🙂 <b>&\\\" \u0001 end";
        var json = new JsonObject { ["session_id"] = "s", ["user_message"] = Text, ["agent_message"] = "ok" };
        (await Api.PostAsync("/memory/store", json.ToJsonString())).ShouldBe(200);

        var answer = await Api.PostAsync("/memory/context", """{"session_id":"s"}""");

        ((string?)answer["messages"]![0]!["content"]).ShouldBe(Text);
    }

    [Fact]
    public async Task A_repeat_with_the_same_idempotency_key_gets_the_same_bytes_and_stores_nothing()
    {
        const string Turn = """{"session_id":"s","user_message":"once","agent_message":"yes"}""";
        var first = (await Api.PostAsync("/memory/store", Turn, ("Idempotency-Key", "k-1"))).ShouldBe(200);
        await StoreAsync("s", "between", "yes");

        var repeat = (await Api.PostAsync("/memory/store", Turn, ("Idempotency-Key", "k-1"))).ShouldBe(200);

        repeat.Body.ShouldBe(first.Body);
        first.Header("Idempotency-Replayed").ShouldBeNull();
        repeat.Header("Idempotency-Replayed").ShouldBe("true");
        ((int)(await Api.GetAsync("/sessions/s"))["last_sequence"]!).ShouldBe(4);
    }

    [Fact]
    public async Task Repeats_at_the_same_time_store_once()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ =>
            Api.PostAsync("/memory/store", """{"session_id":"s","user_message":"once","agent_message":"yes","idempotency_key":"k"}""")));

        answers.ShouldAllBe(answer => answer.Status == 200);
        answers.Select(answer => answer.Text).Distinct().ShouldHaveSingleItem();
        ((int)(await Api.GetAsync("/sessions/s"))["last_sequence"]!).ShouldBe(2);
    }

    [Fact]
    public async Task The_same_idempotency_key_with_other_content_is_409()
    {
        await Api.PostAsync("/memory/store", """{"session_id":"s","user_message":"a","agent_message":"b"}""", ("Idempotency-Key", "k"));

        (await Api.PostAsync("/memory/store", """{"session_id":"s","user_message":"c","agent_message":"d"}""", ("Idempotency-Key", "k")))
            .ShouldBeProblem(409, "idempotency_key_reused");
        (await Api.PostAsync("/memory/store", """{"session_id":"other","user_message":"c","agent_message":"d"}""", ("Idempotency-Key", "k"))).ShouldBe(200);
    }

    [Fact]
    public async Task An_idempotency_key_in_header_and_body_must_agree()
    {
        const string Turn = """{"session_id":"s","user_message":"a","agent_message":"b","idempotency_key":"k"}""";

        (await Api.PostAsync("/memory/store", Turn, ("Idempotency-Key", "other"))).ShouldBeProblem(400, "invalid_request", "idempotency_key");
        (await Api.PostAsync("/memory/store", Turn, ("Idempotency-Key", "k"))).ShouldBe(200);
    }

    [Fact]
    public async Task If_match_lets_a_turn_in_only_when_nobody_came_between()
    {
        var etag = (await StoreAsync("s")).Header("ETag")!;
        const string Turn = """{"session_id":"s","user_message":"a","agent_message":"b"}""";

        var second = (await Api.PostAsync("/memory/store", Turn, ("If-Match", etag))).ShouldBe(200);

        var refused = (await Api.PostAsync("/memory/store", Turn, ("If-Match", etag))).ShouldBeProblem(412, "precondition_failed");
        refused.Header("ETag").ShouldBe(second.Header("ETag"));
        (await Api.PostAsync("/memory/store", Turn, ("If-Match", $"\"other\", {second.Header("ETag")}"))).ShouldBe(200);
        (await Api.PostAsync("/memory/store", Turn, ("If-Match", "*"))).ShouldBe(200);
        (await Api.PostAsync("/memory/store", Turn, ("If-Match", "W/" + etag))).ShouldBeProblem(412, "precondition_failed");
        (await Api.PostAsync("/memory/store", Turn, ("If-Match", "no quotes"))).ShouldBeProblem(400, "invalid_request", "If-Match");
        (await Api.PostAsync("/memory/store", Turn.Replace("\"s\"", "\"new\""), ("If-Match", "*"))).ShouldBeProblem(412, "precondition_failed");
    }

    [Fact]
    public async Task A_completed_session_takes_no_more_turns()
    {
        await StoreAsync("s");
        await Api.PostAsync("/sessions/end", """{"session_id":"s"}""");

        (await StoreAsync("s")).ShouldBeProblem(409, "completed");
    }

    [Fact]
    public async Task A_batch_stores_what_is_right_in_order_and_tells_what_is_not()
    {
        var answer = (await Api.PostAsync("/memory/store/batch", """
            {"turns":[
              {"session_id":"s","user_message":"one","agent_message":"1"},
              {"session_id":"s","user_message":7,"agent_message":"2"},
              {"session_id":"t","user_message":"three","agent_message":"3"},
              {"session_id":"s","user_message":"four"},
              null,
              {"session_id":"a/b","user_message":"six","agent_message":"6"},
              {"session_id":"s","user_message":"","agent_message":"7"},
              {"session_id":"s","user_message":"eight","agent_message":"8","idempotency_key":"bad key"},
              {"session_id":"s","user_message":"nine","agent_message":"9"}]}
            """)).ShouldBe(200);

        ((int)answer["stored"]!).ShouldBe(3);
        ((int)answer["failed"]!).ShouldBe(6);
        var results = answer["results"]!.AsArray();
        results.Select(r => (int?)r!["result"]?["turn"]).ShouldBe([1, null, 1, null, null, null, null, null, 2]);
        results.Select(r => (string?)r!["problem"]?["field"]).ShouldBe(
        [
            null, "turns[1].user_message", null, "turns[3].agent_message", "turns[4]", "turns[5].session_id", "turns[6].user_message",
            "turns[7].idempotency_key", null,
        ]);
        results.Where(r => r!["problem"] is not null).ShouldAllBe(r => (int)r!["problem"]!["status"]! == 400);
        var history = (await Api.GetAsync("/sessions/s/messages"))["messages"]!.AsArray();
        history.Select(m => (string?)m!["content"]).ShouldBe(["one", "1", "nine", "9"]);
    }

    [Fact]
    public async Task A_batch_is_safe_to_repeat_item_by_item()
    {
        const string Batch = """
            {"session_id":"s","items":[
              {"user_message":"one","agent_message":"1","idempotency_key":"k1"},
              {"user_message":"two","agent_message":"2","idempotency_key":"k2"}]}
            """;
        var first = (await Api.PostAsync("/memory/store/batch", Batch)).ShouldBe(200);

        var repeat = (await Api.PostAsync("/memory/store/batch", Batch)).ShouldBe(200);

        repeat.Text.ShouldBe(first.Text);
        ((int)(await Api.GetAsync("/sessions/s"))["last_sequence"]!).ShouldBe(4);
        var other = await Api.PostAsync("/memory/store/batch", Batch.Replace("two", "changed"));
        ((string?)other["results"]![1]!["problem"]!["code"]).ShouldBe("idempotency_key_reused");
    }

    [Fact]
    public async Task A_batch_of_contexts_answers_each_session()
    {
        await StoreAsync("a", "in a", "yes");
        await StoreAsync("b", "in b", "yes");

        var answer = (await Api.PostAsync(
            "/memory/context/batch",
            """{"sessions":[{"session_id":"a"},{"session_id":"nobody"},{"session_id":"b","format":"text"},{"session_id":5},{"session_id":"a","max_tokens":0}]}""")).ShouldBe(200);

        var results = answer["results"]!.AsArray();
        ((string?)results[0]!["result"]!["messages"]![0]!["content"]).ShouldBe("in a");
        ((string?)results[1]!["problem"]!["code"]).ShouldBe("not_found");
        ((string?)results[2]!["result"]!["formatted_context"])!.ShouldContain("in b");
        ((string?)results[3]!["problem"]!["field"]).ShouldBe("sessions[3].session_id");
        ((string?)results[4]!["problem"]!["field"]).ShouldBe("sessions[4].max_tokens");
    }

    [Theory]
    [InlineData("/memory/store/batch", "turns")]
    [InlineData("/memory/context/batch", "sessions")]
    public async Task The_envelope_of_a_batch_must_be_right(string path, string list)
    {
        (await Api.PostAsync(path, "{}")).ShouldBeProblem(400, "invalid_request", list, "is required");
        (await Api.PostAsync(path, $$"""{"{{list}}":{} }""")).ShouldBeProblem(400, "invalid_request", list, "must be an array");
        (await Api.PostAsync(path, $$"""{"{{list}}":[]}""")).ShouldBeProblem(400, "invalid_request", list, "must not be empty");
        (await Api.PostAsync(path, $$"""{"{{list}}":[{}],"items":[{}]}""")).ShouldBeProblem(400, "invalid_request");
        (await Api.PostAsync(path, $$"""{"{{list}}":[{}],"{{list}}":[{}]}""")).ShouldBeProblem(400, "invalid_request", list, "twice");
        (await Api.PostAsync(path, $$"""{"{{list}}":[{}],"user_id":3}""")).ShouldBeProblem(400, "invalid_request", "user_id", "must be a string");
        (await Api.PostAsync(path, $$"""{"{{list}}":[{}],"user_id":"somebody-else"}""")).ShouldBeProblem(400, "invalid_request", "user_id", "differs");
        (await Api.PostAsync(path, "[]")).ShouldBeProblem(400, "invalid_request", "body", "must be an object");
        (await Api.PostAsync(path, $$"""{"{{list}}":[{{string.Join(',', Enumerable.Repeat("{}", 101))}}]}""")).ShouldBeProblem(413, "too_large", list, "at most 100");
    }

    [Fact]
    public async Task Summaries_are_the_users_sessions_the_youngest_first()
    {
        foreach (var session in new[] { "first", "second", "third" })
        {
            await Api.PostAsync("/sessions/start", $$"""{"session_id":"{{session}}"}""");
            await StoreAsync(session, $"We talked about {session} things.", "Indeed.");
        }

        await Api.PostAsync("/sessions/end", """{"session_id":"second"}""");

        var all = (await Api.PostAsync("/summaries", "{}")).ShouldBe(200);
        var two = (await Api.PostAsync("/summaries", """{"limit":2}""")).ShouldBe(200);

        ((int)all["count"]!).ShouldBe(3);
        all["summaries"]!.AsArray().Select(s => (string?)s!["session_id"]).ShouldBe(["third", "second", "first"]);
        all["summaries"]!.AsArray().Select(s => (string?)s!["status"]).ShouldBe(["active", "completed", "active"]);
        ((int)all["summaries"]![0]!["turn_count"]!).ShouldBe(1);
        ((string?)all["summaries"]![1]!["cumulative_summary"]).ShouldNotBeNullOrEmpty();
        two["summaries"]!.AsArray().Select(s => (string?)s!["session_id"]).ShouldBe(["third", "second"]);
        ((int)(await Server.As("nobody-" + User).PostAsync("/summaries", "{}"))["count"]!).ShouldBe(0);
    }
}
