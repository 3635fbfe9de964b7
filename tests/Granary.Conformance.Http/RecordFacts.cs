using System.Text.Json.Nodes;

namespace Granary.Conformance.Http;

/// <summary>Keeping, reading, changing and forgetting memories.</summary>
public abstract class RecordFacts<TFixture>(TFixture fixture) : HttpConformance<TFixture>(fixture)
    where TFixture : HttpFixture
{
    [Fact]
    public async Task A_memory_is_kept_and_read_as_it_was_given()
    {
        var kept = (await RememberAsync(
            """{"content":"Ada likes tea.","metadata":{"from":"import","n":3},"kind":"insight","agent_id":"helper","category":"preferences","confidence":0.75,"importance":"high","pinned":true,"event_time":"2024-05-01T10:00:00","valid_from":"2024-05-01","valid_to":"2034-05-01T00:00:00Z","id":"likes-tea"}""")).ShouldBe(200);

        ((string?)kept["memory_id"]).ShouldBe("likes-tea");
        ((string?)kept["status"]).ShouldBe("stored");
        ((string?)kept["event"]).ShouldBe("ADD");
        var read = (await Api.GetAsync("/memory/memories/likes-tea")).ShouldBe(200);
        JsonNode.DeepEquals(read.Json, kept["memory"]).ShouldBeTrue(read.Text);
        ((string?)read["content"]).ShouldBe("Ada likes tea.");
        ((string?)read["kind"]).ShouldBe("insight");
        ((string?)read["agent_id"]).ShouldBe("helper");
        ((string?)read["category"]).ShouldBe("preferences");
        ((double)read["confidence"]!).ShouldBe(0.75);
        ((string?)read["importance"]).ShouldBe("high");
        ((bool)read["pinned"]!).ShouldBeTrue();
        ((int)read["metadata"]!["n"]!).ShouldBe(3);
        read["event_time"]!.GetValue<DateTimeOffset>().ShouldBe(new DateTimeOffset(2024, 5, 1, 10, 0, 0, TimeSpan.Zero));
        ((string?)read["state"]).ShouldBe("active");
        read.Header("ETag").ShouldBe("\"1\"");
        (await Api.GetAsync("/memory/memories/likes-tea", ("If-None-Match", "\"1\""))).ShouldBe(304);
    }

    [Fact]
    public async Task The_least_that_makes_a_memory_is_its_content()
    {
        var kept = (await RememberAsync("""{"content":"Ada lives in Oslo."}""")).ShouldBe(200);

        var memory = kept["memory"]!;
        ((string?)memory["id"]).ShouldBe((string?)kept["memory_id"]);
        ((string?)memory["kind"]).ShouldBe("fact");
        ((string?)memory["agent_id"]).ShouldBe("default");
        ((double)memory["confidence"]!).ShouldBe(1);
        ((string?)memory["importance"]).ShouldBe("medium");
        ((int)memory["revision"]!).ShouldBe(1);
    }

    [Fact]
    public async Task The_same_said_again_is_a_duplicate_and_kept_once()
    {
        var first = (await RememberAsync("""{"content":"Ada lives in Oslo."}""")).ShouldBe(200);

        var again = (await RememberAsync("""{"content":"Ada lives in Oslo."}""")).ShouldBe(200);

        ((string?)again["status"]).ShouldBe("duplicate");
        ((string?)again["event"]).ShouldBe("NONE");
        ((string?)again["memory_id"]).ShouldBe((string?)first["memory_id"]);
        ((int)(await Api.GetAsync("/memory/memories")).ShouldBe(200)["total"]!).ShouldBe(1);
    }

    [Fact]
    public async Task Callers_who_say_the_same_at_once_leave_one_memory()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => RememberAsync("""{"content":"Ada has a cat."}""")));

        answers.Select(answer => (string?)answer.ShouldBe(200)["memory_id"]).Distinct().ShouldHaveSingleItem();
        answers.Count(answer => (string?)answer["status"] == "stored").ShouldBe(1);
    }

    [Fact]
    public async Task An_id_that_another_text_has_is_409()
    {
        (await RememberAsync("""{"id":"x","content":"One thing."}""")).ShouldBe(200);

        (await RememberAsync("""{"id":"x","content":"Another thing."}""")).ShouldBeProblem(409, "already_exists");
        ((string?)(await RememberAsync("""{"id":"x","content":"One thing."}""")).ShouldBe(200)["status"]).ShouldBe("duplicate");
    }

    [Fact]
    public async Task A_batch_is_kept_as_a_whole_or_not_at_all()
    {
        (await Api.PostAsync("/memory/remember/batch", """{"memories":[{"content":"one"},{"content":" "}]}"""))
            .ShouldBeProblem(400, "invalid_request", "memories[1].content");
        ((int)(await Api.GetAsync("/memory/memories"))["total"]!).ShouldBe(0);

        var kept = (await Api.PostAsync("/memory/remember/batch", """{"memories":[{"content":"one"},{"content":"two","kind":"insight"},{"content":"one"}]}""")).ShouldBe(200);

        ((int)kept["stored"]!).ShouldBe(2);
        ((int)kept["duplicates"]!).ShouldBe(1);
        kept["results"]!.AsArray().Select(result => (string?)result!["status"]).ShouldBe(["stored", "stored", "duplicate"]);
        kept["results"]!.AsArray().Select(result => (string?)result!["memory"]!["content"]).ShouldBe(["one", "two", "one"]);
        ((int)(await Api.GetAsync("/memory/memories"))["total"]!).ShouldBe(2);
    }

    [Fact]
    public async Task A_hundred_memories_fit_into_a_batch_and_no_more()
    {
        (await Api.PostAsync("/memory/remember/batch", BatchOf(101))).ShouldBeProblem(413, "too_large", "memories", "at most 100");

        ((int)(await Api.PostAsync("/memory/remember/batch", BatchOf(100))).ShouldBe(200)["stored"]!).ShouldBe(100);
    }

    [Fact]
    public async Task Memories_are_listed_by_pages_the_youngest_first()
    {
        await Api.PostAsync("/memory/remember/batch", BatchOf(7));

        var contents = new List<string>();
        string? next = "";
        while (next is not null)
        {
            var page = (await Api.GetAsync($"/memory/memories?limit=3{(next.Length > 0 ? "&after=" + Uri.EscapeDataString(next) : "")}")).ShouldBe(200);
            ((int)page["total"]!).ShouldBe(7);
            ((int)page["count"]!).ShouldBe(page["memories"]!.AsArray().Count);
            ((string?)page["user_id"]).ShouldBe(User);
            contents.AddRange(page["memories"]!.AsArray().Select(memory => (string)memory!["content"]!));
            next = (string?)page["next"];
        }

        contents.ShouldBe(Enumerable.Range(0, 7).Reverse().Select(number => $"Number {number} is known."));
        (await Api.GetAsync("/memory/memories?offset=5")).ShouldBe(200)["memories"]!.AsArray().Count.ShouldBe(2);
    }

    [Fact]
    public async Task Lists_are_narrowed_by_kind_agent_category_session_and_state()
    {
        await RememberAsync("""{"content":"a fact"}""");
        await RememberAsync("""{"content":"an insight","kind":"insight","category":"goals","agent_id":"coach","sources":[{"session_id":"s1","first_sequence":1,"last_sequence":2}]}""");
        await RememberAsync("""{"content":"gone","id":"gone"}""");
        (await Api.DeleteAsync("/memory/memories/gone")).ShouldBe(200);

        (await ContentsAsync("")).ShouldBe(["an insight", "a fact"]);
        (await ContentsAsync("kind=insight")).ShouldBe(["an insight"]);
        (await ContentsAsync("kind=fact,insight")).ShouldBe(["an insight", "a fact"]);
        (await ContentsAsync("agent_id=coach")).ShouldBe(["an insight"]);
        (await ContentsAsync("category=goals")).ShouldBe(["an insight"]);
        (await ContentsAsync("session_id=s1")).ShouldBe(["an insight"]);
        (await ContentsAsync("session_id=s2")).ShouldBeEmpty();
        (await ContentsAsync("state=archived")).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_change_is_answered_with_the_new_revision_and_is_in_the_history()
    {
        await RememberAsync("""{"id":"m","content":"Ada lives in Oslo."}""");

        var changed = (await PatchAsync("m", """{"content":"Ada lives in Bergen.","reason":"She moved."}""")).ShouldBe(200);

        ((string?)changed["content"]).ShouldBe("Ada lives in Bergen.");
        ((int)changed["revision"]!).ShouldBe(2);
        changed.Header("ETag").ShouldBe("\"2\"");
        var history = (await Api.GetAsync("/memory/memories/m/history")).ShouldBe(200);
        ((int)history["count"]!).ShouldBe(2);
        history["changes"]!.AsArray().Select(change => (string?)change!["event"]).ShouldBe(["ADD", "UPDATE"]);
        var last = history["changes"]![1]!;
        ((string?)last["old_content"]).ShouldBe("Ada lives in Oslo.");
        ((string?)last["new_content"]).ShouldBe("Ada lives in Bergen.");
        ((string?)last["reason"]).ShouldBe("She moved.");
    }

    [Fact]
    public async Task A_change_takes_away_what_it_names()
    {
        await RememberAsync("""{"id":"m","content":"one","category":"home","ttl_hours":5}""");

        var changed = (await PatchAsync("m", """{"clear":["category","expires_at"]}""")).ShouldBe(200);

        changed["category"].ShouldBeNull();
        changed["expires_at"].ShouldBeNull();
        (await PatchAsync("m", """{"clear":["content"]}""")).ShouldBeProblem(400, "invalid_request");
    }

    [Fact]
    public async Task A_change_happens_only_if_its_condition_holds()
    {
        await RememberAsync("""{"id":"m","content":"one"}""");

        var failed = (await PatchAsync("m", """{"content":"two"}""", "\"7\"")).ShouldBeProblem(412, "precondition_failed");
        failed.Header("ETag").ShouldBe("\"1\"");
        (await PatchAsync("m", """{"content":"two"}""", "\"other\"")).ShouldBeProblem(412, "precondition_failed");
        (await PatchAsync("m", """{"content":"two"}""", "W/\"1\"")).ShouldBeProblem(412, "precondition_failed");
        (await PatchAsync("m", """{"content":"two"}""", "1")).ShouldBeProblem(400, "invalid_request", "If-Match");
        (await PatchAsync("m", """{"content":"two"}""", "\"7\", \"1\"")).ShouldBe(200);
        (await PatchAsync("m", """{"content":"three"}""", "\"2\"")).ShouldBe(200);
        (await PatchAsync("m", """{"content":"four"}""", "*")).ShouldBe(200);
        (await PatchAsync("m", """{"content":"five"}""", "\"7\", \"8\"")).ShouldBeProblem(412, "precondition_failed").Header("ETag").ShouldBe("\"4\"");
    }

    [Theory]
    [InlineData("")]
    [InlineData("?purge=true")]
    public async Task A_memory_is_deleted_only_if_its_condition_holds(string query)
    {
        await RememberAsync("""{"id":"m","content":"one"}""");
        await PatchAsync("m", """{"content":"two"}""");

        (await DeleteAsync("\"1\"")).ShouldBeProblem(412, "precondition_failed").Header("ETag").ShouldBe("\"2\"");
        (await DeleteAsync("\"other\"")).ShouldBeProblem(412, "precondition_failed");
        (await DeleteAsync("2")).ShouldBeProblem(400, "invalid_request", "If-Match");
        (await DeleteAsync("\"7\", \"8\"")).ShouldBeProblem(412, "precondition_failed");
        (await ContentsAsync("")).ShouldBe(["two"]);
        (await DeleteAsync("\"7\", \"2\"")).ShouldBe(200);
        (await ContentsAsync("")).ShouldBeEmpty();

        Task<ApiAnswer> DeleteAsync(string condition) => Api.DeleteAsync("/memory/memories/m" + query, ("If-Match", condition));
    }

    [Fact]
    public async Task A_deleted_memory_is_out_of_lists_and_comes_back_restored()
    {
        await RememberAsync("""{"id":"m","content":"one"}""");

        var deleted = (await Api.DeleteAsync("/memory/memories/m?reason=wrong")).ShouldBe(200);

        ((bool)deleted["success"]!).ShouldBeTrue();
        ((string?)deleted["memory_id"]).ShouldBe("m");
        (await Api.DeleteAsync("/memory/memories/m")).ShouldBe(200);
        (await ContentsAsync("")).ShouldBeEmpty();
        ((string?)(await Api.GetAsync("/memory/memories/m")).ShouldBe(200)["state"]).ShouldBe("deleted");
        ((string?)(await Api.PostAsync("/memory/memories/m/restore", """{"reason":"right after all"}""")).ShouldBe(200)["state"]).ShouldBe("active");
        (await ContentsAsync("")).ShouldBe(["one"]);
        (await Api.GetAsync("/memory/memories/m/history"))["changes"]!.AsArray().Select(change => (string?)change!["event"]).ShouldBe(["ADD", "DELETE", "RESTORE"]);
    }

    [Fact]
    public async Task A_memory_is_restored_without_a_body_too()
    {
        await RememberAsync("""{"id":"m","content":"one"}""");
        await Api.DeleteAsync("/memory/memories/m");

        (await Api.SendAsync(HttpMethod.Post, "/memory/memories/m/restore", null)).ShouldBe(200);
    }

    [Fact]
    public async Task Of_a_purged_memory_nothing_stays()
    {
        await RememberAsync("""{"id":"m","content":"one"}""");

        (await Api.DeleteAsync("/memory/memories/m?purge=true")).ShouldBe(200);

        (await Api.GetAsync("/memory/memories/m")).ShouldBeProblem(404, "not_found");
        (await Api.GetAsync("/memory/memories/m/history")).ShouldBeProblem(404, "not_found");
        (await Api.SendAsync(HttpMethod.Post, "/memory/memories/m/restore", null)).ShouldBeProblem(404, "not_found");
    }

    [Fact]
    public async Task What_is_not_there_is_404()
    {
        (await Api.GetAsync("/memory/memories/none")).ShouldBeProblem(404, "not_found");
        (await PatchAsync("none", """{"content":"x"}""")).ShouldBeProblem(404, "not_found");
        (await Api.DeleteAsync("/memory/memories/none")).ShouldBeProblem(404, "not_found");
        (await Api.GetAsync("/memory/memories/none/history")).ShouldBeProblem(404, "not_found");
        (await Api.GetAsync("/memory/memories/turn:none:1")).ShouldBeProblem(404, "not_found");
        (await Api.GetAsync($"/users/{User}/erasure")).ShouldBeProblem(404, "not_found");
    }

    [Fact]
    public async Task A_message_is_read_by_the_id_that_recall_gives_it()
    {
        await Api.PostAsync("/sessions/a:b/messages", """{"messages":[{"role":"user","content":"My cat is called Luna.","name":"ada","metadata":{"dia":"D1:1"}}]}""");

        var message = (await Api.GetAsync("/memory/memories/turn:a:b:1")).ShouldBe(200);

        ((string?)message["id"]).ShouldBe("turn:a:b:1");
        ((string?)message["kind"]).ShouldBe("turn");
        ((string?)message["content"]).ShouldBe("My cat is called Luna.");
        ((string?)message["role"]).ShouldBe("user");
        ((string?)message["name"]).ShouldBe("ada");
        ((string?)message["session_id"]).ShouldBe("a:b");
        ((int)message["sequence"]!).ShouldBe(1);
        ((string?)message["metadata"]!["dia"]).ShouldBe("D1:1");
        (await Api.GetAsync("/memory/memories/turn:a:b:2")).ShouldBeProblem(404, "not_found");
    }

    [Fact]
    public async Task Forgetting_spares_what_is_pinned_and_only_counts_when_dry()
    {
        await RememberAsync("""{"content":"kept","pinned":true}""");
        await RememberAsync("""{"content":"first","category":"goals","kind":"insight"}""");
        await RememberAsync("""{"content":"second"}""");
        (await Api.PostAsync("/memory/forget", "{}")).ShouldBeProblem(400, "invalid_request");

        var dry = (await Api.PostAsync("/memory/forget", """{"all":true,"dry_run":true}""")).ShouldBe(200);
        ((int)dry["forgotten"]!).ShouldBe(2);
        ((int)dry["kept"]!).ShouldBe(1);
        ((bool)dry["dry_run"]!).ShouldBeTrue();
        (await ContentsAsync("")).Count.ShouldBe(3);

        var some = (await Api.PostAsync("/memory/forget", """{"all":true,"filters":{"kind":"insight"},"reason":"a new year"}""")).ShouldBe(200);
        ((int)some["forgotten"]!).ShouldBe(1);
        some["memory_ids"]!.AsArray().Count.ShouldBe(1);
        (await ContentsAsync("")).ShouldBe(["second", "kept"]);
        (await Api.PostAsync("/memory/forget", """{"all":true,"archive":true}""")).ShouldBe(200);
        (await ContentsAsync("")).ShouldBe(["kept"]);
        (await ContentsAsync("state=archived")).ShouldBe(["second"]);
    }

    [Fact]
    public async Task Figures_count_memories_by_state_and_kind()
    {
        await RememberAsync("""{"content":"one"}""");
        await RememberAsync("""{"content":"two","kind":"insight"}""");

        var stats = (await Api.GetAsync("/memory/stats")).ShouldBe(200);

        ((int)stats["by_state"]!["active"]!).ShouldBe(2);
        ((int)stats["by_kind"]!["fact"]!).ShouldBe(1);
        ((int)stats["by_kind"]!["insight"]!).ShouldBe(1);
    }

    [Fact]
    public async Task Insights_are_answered_the_youngest_first_and_by_age()
    {
        await RememberAsync("""{"content":"Old habit.","kind":"insight","category":"behavior_patterns","created_at":"2020-01-01T00:00:00Z"}""");
        await RememberAsync("""{"content":"Likes tea.","kind":"insight","category":"preferences","sources":[{"session_id":"s1"}]}""");
        await RememberAsync("""{"content":"A fact."}""");

        var all = (await Api.PostAsync("/insights", "{}")).ShouldBe(200);
        ((string?)all["user_id"]).ShouldBe(User);
        all["insights"]!.AsArray().Select(insight => (string?)insight!["content"]).Order().ShouldBe(["Likes tea.", "Old habit."]);
        var recent = (await Api.PostAsync("/insights", """{"recent_only":true}""")).ShouldBe(200);
        ((int)recent["count"]!).ShouldBe(1);
        var insight = recent["insights"]![0]!;
        ((string?)insight["content"]).ShouldBe("Likes tea.");
        ((string?)insight["category"]).ShouldBe("preferences");
        ((string?)insight["session_id"]).ShouldBe("s1");
        insight["timestamp"].ShouldNotBeNull();
        ((int)(await Api.GetAsync($"/users/{User}/insights?limit=1")).ShouldBe(200)["count"]!).ShouldBe(1);
        ((int)(await Api.GetAsync($"/users/{User}/insights?agent_id=other")).ShouldBe(200)["count"]!).ShouldBe(0);
    }

    [Fact]
    public async Task Health_says_whether_memories_can_be_kept()
    {
        await RememberAsync("""{"content":"one"}""");

        var health = (await Api.GetAsync("/memory/health")).ShouldBe(200);

        ((bool)health["healthy"]!).ShouldBeTrue();
        ((string?)health["status"]).ShouldBe("healthy");
        ((string?)health["provider"]).ShouldBe("native");
        ((bool)health["provider_healthy"]!).ShouldBeTrue();
        ((bool)health["database_connection"]!).ShouldBeTrue();
        ((int)health["total_memories"]!).ShouldBe(1);
        (await Server.Client().GetAsync("/memory/health")).ShouldBe(200).Json.AsObject().ContainsKey("total_memories").ShouldBeFalse();
    }

    [Fact]
    public async Task An_erased_user_is_410_and_its_erasure_can_be_read()
    {
        await RememberAsync("""{"id":"m","content":"one"}""");

        var asked = (await Api.DeleteAsync($"/users/{User}")).ShouldBe(202);

        asked.Header("Location").ShouldBe($"/users/{User}/erasure");
        ((string?)asked["user_id"]).ShouldBe(User);
        var read = (await Api.GetAsync($"/users/{User}/erasure")).ShouldBe(200);
        ((string?)read["erasure_id"]).ShouldBe((string?)asked["erasure_id"]);
        ((string?)read["status"])!.ShouldBeOneOf("running", "completed");
    }

    /// <summary>Keeps a memory, given as JSON.</summary>
    private Task<ApiAnswer> RememberAsync(string json) => Api.PostAsync("/memory/remember", json);

    private Task<ApiAnswer> PatchAsync(string id, string json, string? ifMatch = null) => Api.SendAsync(
        HttpMethod.Patch,
        $"/memory/memories/{id}",
        new StringContent(json, System.Text.Encoding.UTF8, "application/json"),
        ifMatch is null ? [] : [("If-Match", ifMatch)]);

    private async Task<List<string>> ContentsAsync(string query) =>
        [.. (await Api.GetAsync($"/memory/memories?{query}")).ShouldBe(200)["memories"]!.AsArray().Select(memory => (string)memory!["content"]!)];

    private static string BatchOf(int count) => new JsonObject
    {
        ["memories"] = new JsonArray([.. Enumerable.Range(0, count).Select(number => new JsonObject { ["content"] = $"Number {number} is known." })]),
    }.ToJsonString();
}
