namespace Granary.Conformance.Http;

/// <summary>Memory resources over HTTP.</summary>
public abstract class ResourceFacts<TFixture>(TFixture fixture) : HttpConformance<TFixture>(fixture)
    where TFixture : HttpFixture
{
    private ApiClient Tenant => field ??= Server.As("ada", "t-" + User);

    [Fact]
    public async Task A_resource_is_made_changed_and_removed()
    {
        var made = (await Tenant.PutAsync("/resources/support", """{"description":"one","compaction":{"turn_buffer":8}}""")).ShouldBe(201);
        var changed = (await Tenant.PutAsync("/resources/support", """{"name":"support","description":"two"}""")).ShouldBe(200);

        ((int)made["revision"]!).ShouldBe(1);
        ((int)changed["revision"]!).ShouldBe(2);
        var read = (await Tenant.GetAsync("/resources/support")).ShouldBe(200);
        ((string?)read["description"]).ShouldBe("two");
        read.Header("ETag").ShouldBe(changed.Header("ETag"));
        (await Tenant.GetAsync("/resources/support", ("If-None-Match", read.Header("ETag")!))).ShouldBe(304);
        (await Tenant.DeleteAsync("/resources/support")).ShouldBe(204);
        (await Tenant.GetAsync("/resources/support")).ShouldBeProblem(404, "not_found");
        (await Tenant.DeleteAsync("/resources/support")).ShouldBeProblem(404, "not_found");
    }

    [Fact]
    public async Task What_is_left_out_has_its_default()
    {
        var made = (await Tenant.PutAsync("/resources/r", """{"compaction":{"turn_buffer":8}}""")).ShouldBe(201);

        ((int)made["compaction"]!["turn_buffer"]!).ShouldBe(8);
        ((int)made["compaction"]!["retain_turns"]!).ShouldBe(4);
        ((string?)made["compaction"]!["strategy"]).ShouldBe("turn_buffer");
        ((int)made["budget"]!["safety_tokens"]!).ShouldBe(256);
        ((double)made["budget"]!["trigger_ratio"]!).ShouldBe(0.8);
        ((string?)made["privacy"]!["redaction_string"]).ShouldBe("[REDACTED]");
        made["eviction"]!["priority_keywords"]!.AsArray().Count.ShouldBeGreaterThan(5);
    }

    [Fact]
    public async Task Conditions_hold_back_changes()
    {
        var etag = (await Tenant.PutAsync("/resources/r", "{}", ("If-None-Match", "*"))).ShouldBe(201).Header("ETag")!;

        (await Tenant.PutAsync("/resources/r", """{"read_only":true}""", ("If-None-Match", "*"))).ShouldBeProblem(412, "precondition_failed");
        (await Tenant.PutAsync("/resources/r", """{"read_only":true}""", ("If-Match", "\"other\""))).ShouldBeProblem(412, "precondition_failed");
        (await Tenant.PutAsync("/resources/r", """{"read_only":true}""", ("If-Match", etag))).ShouldBe(200);
        (await Tenant.PutAsync("/resources/new", "{}", ("If-Match", "*"))).ShouldBeProblem(412, "precondition_failed");
        (await Tenant.PutAsync("/resources/r", "{}", ("If-None-Match", etag))).ShouldBeProblem(400, "invalid_request", "If-None-Match");
        (await Tenant.DeleteAsync("/resources/r", ("If-Match", etag))).ShouldBeProblem(412, "precondition_failed");
        (await Tenant.DeleteAsync("/resources/r", ("If-Match", "*"))).ShouldBe(204);
    }

    [Theory]
    [InlineData("/resources/r", """{"name":"other"}""", "name", "differs")]
    [InlineData("/resources/r", """{"compaction":{"retain_turns":0}}""", "compaction.retain_turns", "")]
    [InlineData("/resources/r", """{"compaction":{"strategy":"magic"}}""", "compaction.strategy", "must be one of turn_buffer")]
    [InlineData("/resources/r", """{"compaction":{"turn_buffer":"8"}}""", "compaction.turn_buffer", "must be a whole number")]
    [InlineData("/resources/r", """{"budget":null}""", "budget", "")]
    [InlineData("/resources/r", """{"read_only":1}""", "read_only", "must be true or false")]
    [InlineData("/resources/r", """{"read_only":true,"read_only":false}""", "read_only", "is given twice")]
    [InlineData("/resources/r", """{"privacy":{"redact_patterns":[null]}}""", "privacy.redact_patterns[0]", "")]
    [InlineData("/resources/r", "[]", "body", "must be an object")]
    [InlineData("/resources/r", "", "body", "is required")]
    [InlineData("/resources/a%2Fb", "{}", "name", "must be 1 to 128")]
    [InlineData("/resources/export", "{}", "name", "must not be export")]
    public async Task A_resource_that_breaks_a_rule_is_refused_by_name(string path, string body, string field, string rule) =>
        (await Tenant.PutAsync(path, body)).ShouldBeProblem(400, "invalid_request", field, rule);

    [Fact]
    public async Task The_default_resource_is_listed_and_cannot_be_changed()
    {
        var list = (await Tenant.GetAsync("/resources")).ShouldBe(200);

        list["resources"]!.AsArray().Select(r => (string?)r!["name"]).ShouldBe(["default"]);
        (await Tenant.PutAsync("/resources/default", "{}")).ShouldBeProblem(403, "forbidden");
        (await Tenant.DeleteAsync("/resources/default")).ShouldBeProblem(403, "forbidden");
    }

    [Fact]
    public async Task What_one_tenant_exports_another_imports()
    {
        await Tenant.PutAsync("/resources/a", """{"description":"from here"}""");
        await Tenant.PutAsync("/resources/b", "{}");
        var export = (await Tenant.GetAsync("/resources/export")).ShouldBe(200);
        var other = Server.As("ada", "u-" + User);
        await other.PutAsync("/resources/a", """{"description":"theirs"}""");

        var seeded = (await other.PostAsync("/resources/import", export.Text)).ShouldBe(200);
        ((string?)(await other.GetAsync("/resources/a"))["description"]).ShouldBe("theirs");
        var overwritten = (await other.PostAsync("/resources/import", export.Text.Replace("{\"resources\"", "{\"mode\":\"overwrite_conflicts\",\"resources\""))).ShouldBe(200);

        seeded["created"]!.AsArray().Select(n => (string?)n).ShouldBe(["b"]);
        seeded["skipped"]!.AsArray().Select(n => (string?)n).ShouldContain("a");
        overwritten["updated"]!.AsArray().Select(n => (string?)n).ShouldContain("a");
        ((string?)(await other.GetAsync("/resources/a"))["description"]).ShouldBe("from here");
    }

    [Fact]
    public async Task An_import_is_all_or_nothing()
    {
        (await Tenant.PostAsync("/resources/import", """{"resources":[{"name":"good"},{"name":"bad","compaction":{"retain_turns":0}}]}"""))
            .ShouldBeProblem(400, "invalid_request", "resources[1].compaction.retain_turns");
        (await Tenant.PostAsync("/resources/import", """{"resources":[{"description":"x"}]}""")).ShouldBeProblem(400, "invalid_request", "resources[0].name", "is required");
        (await Tenant.PostAsync("/resources/import", """{"resources":[]}""")).ShouldBeProblem(400, "invalid_request", "resources");
        (await Tenant.PostAsync("/resources/import", "{}")).ShouldBeProblem(400, "invalid_request", "resources", "is required");
        (await Tenant.PostAsync("/resources/import", """{"mode":"wipe","resources":[{"name":"a"}]}""")).ShouldBeProblem(400, "invalid_request", "mode", "seed_only, overwrite_conflicts");

        (await Tenant.GetAsync("/resources/good")).ShouldBe(404);
    }

    [Fact]
    public async Task A_key_template_makes_the_sessions_id()
    {
        await Tenant.PutAsync("/resources/support", """{"key_template":"support:{{customer}}:{{topic}}"}""");
        const string Values = """{"key_values":{"customer":"c7","topic":"billing"}}""";

        ((string?)(await Tenant.PostAsync("/resources/support/resolve", Values)).ShouldBe(200)["session_id"]).ShouldBe("support:c7:billing");
        var started = (await Tenant.PostAsync("/sessions/start", """{"resource":"support","key_values":{"customer":"c7","topic":"billing"}}""")).ShouldBe(200);
        ((string?)started["session_id"]).ShouldBe("support:c7:billing");
        (await Tenant.PostAsync("/resources/support/resolve", Values.Replace("billing", "a/b"))).ShouldBeProblem(400, "invalid_request");
        (await Tenant.PostAsync("/resources/support/resolve", """{"key_values":{"customer":"c7"}}""")).ShouldBeProblem(400, "invalid_request");
        (await Tenant.PostAsync("/resources/support/resolve", "{}")).ShouldBeProblem(400, "invalid_request", "key_values", "is required");
        (await Tenant.PostAsync("/resources/nobody/resolve", Values)).ShouldBeProblem(404, "not_found");
    }

    [Fact]
    public async Task A_read_only_resource_refuses_turns()
    {
        await Tenant.PutAsync("/resources/r", "{}");
        await Tenant.PostAsync("/memory/store", """{"session_id":"s","resource":"r","user_message":"a","agent_message":"b"}""");
        await Tenant.PutAsync("/resources/r", """{"read_only":true}""");

        (await Tenant.PostAsync("/memory/store", """{"session_id":"s","user_message":"c","agent_message":"d"}""")).ShouldBeProblem(403, "read_only");
        (await Tenant.PostAsync("/memory/context", """{"session_id":"s"}""")).ShouldBe(200);
    }
}
