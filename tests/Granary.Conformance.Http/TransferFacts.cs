using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace Granary.Conformance.Http;

/// <summary>Export and import.</summary>
public abstract class TransferFacts<TFixture>(TFixture fixture) : HttpConformance<TFixture>(fixture)
    where TFixture : HttpFixture
{
    [Fact]
    public async Task What_is_exported_can_be_imported_under_another_user_and_id()
    {
        for (var turn = 0; turn < 60; turn++)
        {
            await StoreAsync("s", $"said {turn}", "Grüße 🙂");
        }

        var export = (await Api.GetAsync("/sessions/s/export")).ShouldBe(200);
        var other = Server.As("other-" + User);
        var imported = (await ImportAsync(other, export.Text, "?session_id=copy")).ShouldBe(201);

        export.ContentType.ShouldBe("application/x-ndjson");
        export.Text.ShouldStartWith("{\"type\":\"session\"");
        export.Text.ShouldEndWith("\n");
        ((string?)imported["session_id"]).ShouldBe("copy");
        ((string?)imported["user_id"]).ShouldBe("other-" + User);
        ((int)imported["messages"]!).ShouldBe(120);
        ((int)imported["last_sequence"]!).ShouldBe(120);
        var original = await Api.GetAsync("/sessions/s/messages?limit=1000");
        var copy = (await other.GetAsync("/sessions/copy/messages?limit=1000")).ShouldBe(200);
        copy.Text.ShouldBe(original.Text);
        ((int)(await other.GetAsync("/sessions"))["count"]!).ShouldBe(1);
    }

    [Fact]
    public async Task Without_another_name_the_user_and_the_id_are_the_exports_own()
    {
        await StoreAsync("s");
        var export = (await Api.GetAsync("/sessions/s/export")).Text;
        await Api.DeleteAsync("/sessions/s");

        var imported = (await ImportAsync(Server.Client(), export)).ShouldBe(201);

        ((string?)imported["user_id"]).ShouldBe(User);
        (await Api.GetAsync("/sessions/s")).ShouldBe(200);
    }

    [Fact]
    public async Task An_import_counts_for_the_user_that_the_export_names()
    {
        await StoreAsync("s");
        var export = (await Api.GetAsync("/sessions/s/export")).Text;
        await using var server = await Fixture.StartAsync(options => options.RateLimits.PerUser = new() { PerSecond = 1, Burst = 1 });

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(n => ImportAsync(server.Client(), export, $"?session_id=t{n}")));

        answers.ShouldContain(answer => answer.Status == 201);
        answers.ShouldContain(answer => answer.Status == 429);
    }

    [Fact]
    public async Task A_repeat_of_an_append_from_before_the_export_is_known_after_the_import()
    {
        const string Turn = """{"session_id":"s","user_message":"once","agent_message":"yes"}""";
        await Api.PostAsync("/memory/store", Turn, ("Idempotency-Key", "k"));
        var export = (await Api.GetAsync("/sessions/s/export")).Text;
        var other = Server.As("other-" + User);
        await ImportAsync(other, export);

        var repeat = (await other.PostAsync("/memory/store", Turn, ("Idempotency-Key", "k"))).ShouldBe(200);

        repeat.Header("Idempotency-Replayed").ShouldBe("true");
    }

    [Fact]
    public async Task The_order_of_fields_blank_lines_and_line_ends_do_not_matter()
    {
        await StoreAsync("s");
        var lines = (await Api.GetAsync("/sessions/s/export")).Text.TrimEnd().Split('\n').Select(line =>
        {
            var json = JsonNode.Parse(line)!.AsObject();
            var type = json["type"]!.GetValue<string>();
            json.Remove("type");
            json["type"] = type;
            return json.ToJsonString();
        });

        (await ImportAsync(Api, "\r\n" + string.Join("\r\n\r\n", lines), "?session_id=t")).ShouldBe(201);
    }

    [Fact]
    public async Task An_existing_session_is_not_imported_over()
    {
        await StoreAsync("s");
        var export = (await Api.GetAsync("/sessions/s/export")).Text;

        (await ImportAsync(Api, export)).ShouldBeProblem(409, "already_exists");
    }

    [Theory]
    [InlineData("", "body", "is required")]
    [InlineData("\n\n", "body", "is required")]
    [InlineData("{", "line 1", "is not valid JSON")]
    [InlineData("[]", "line 1", "must be an object")]
    [InlineData("{}", "line 1: type", "is required")]
    [InlineData("""{"type":"song"}""", "line 1: type", "must be one of session, append, epoch")]
    [InlineData("""{"type":"append","messages":[]}""", "line 1: type", "the header comes first")]
    [InlineData("""{"type":"session"}""", "line 1: version", "is required")]
    public async Task A_first_line_that_is_no_header_is_refused_by_number(string text, string field, string rule) =>
        (await ImportAsync(Api, text)).ShouldBeProblem(400, "invalid_request", field, rule);

    [Theory]
    [InlineData("{", "line 6", "is not valid JSON")]
    [InlineData("""{"type":"append","messages":"x"}""", "line 6: messages", "must be an array")]
    [InlineData("""{"type":"append","messages":[{"content":"x"}]}""", "line 6: messages[0].role", "is required")]
    [InlineData("""{"type":"append","messages":[null]}""", "line 6: messages[0]", "")]
    [InlineData("""{"type":"append","messages":[{"role":"assistant","tool_calls":[null]}]}""", "line 6: messages[0].tool_calls[0]", "")]
    [InlineData("""{"type":"append","messages":[{"role":"user","content":"x","sequence":99,"turn":1}]}""", "line 6: messages[0].sequence", "must be")]
    [InlineData("""{"type":"append","messages":[]}""", "line 6: messages", "")]
    [InlineData("""{"type":"session","version":1,"session_id":"s","user_id":"u","agent_id":"a","status":"active","resource":"default","start_time":"2026-01-01T00:00:00Z","epoch":1,"last_sequence":0}""", "line 6: type", "")]
    [InlineData("""{"type":"epoch","epoch":2,"start_time":"2026-01-01T00:00:00Z","snapshot":{"episodes":[null],"facts":[],"topics":[]},"tail_start":1,"kept":[],"at_sequence":1,"cause":"x"}""", "line 6: snapshot.episodes[0]", "")]
    [InlineData("""{"type":"epoch","epoch":2,"start_time":"2026-01-01T00:00:00Z","snapshot":{},"tail_start":1,"kept":[],"at_sequence":1,"cause":"x"}""", "line 6: snapshot.episodes", "is required")]
    public async Task A_line_that_breaks_a_rule_is_named_and_nothing_appears(string line, string field, string rule)
    {
        for (var turn = 0; turn < 8; turn++)
        {
            await StoreAsync("s", $"said {turn}");
        }

        var lines = (await Api.GetAsync("/sessions/s/export")).Text.TrimEnd().Split('\n').ToList();
        var broken = lines.ToList();
        broken[5] = line;

        (await ImportAsync(Api, string.Join('\n', broken), "?session_id=t")).ShouldBeProblem(400, "invalid_request", field, rule);

        (await Api.GetAsync("/sessions/t")).ShouldBeProblem(404, "not_found");
        ((int)(await Api.GetAsync("/sessions"))["count"]!).ShouldBe(1);
        (await ImportAsync(Api, string.Join('\n', lines), "?session_id=t")).ShouldBe(201);
    }

    [Fact]
    public async Task An_export_that_was_cut_off_is_not_imported()
    {
        await StoreAsync("s");
        await StoreAsync("s");
        var lines = (await Api.GetAsync("/sessions/s/export")).Text.TrimEnd().Split('\n');

        (await ImportAsync(Api, string.Join('\n', lines[..^1]), "?session_id=t")).ShouldBeProblem(400, "invalid_request");

        (await Api.GetAsync("/sessions/t")).ShouldBe(404);
    }

    [Fact]
    public async Task A_line_above_2_MiB_and_a_body_above_the_limit_are_413()
    {
        await using var server = await Fixture.StartAsync(options => options.MaxImportBytes = 3 * 1024 * 1024);
        var api = server.As(User);
        await api.PostAsync("/memory/store", """{"session_id":"s","user_message":"a","agent_message":"b"}""");
        var export = (await api.GetAsync("/sessions/s/export")).Text;
        var pad = new string('x', 2 * 1024 * 1024);

        (await ImportAsync(api, export + $$"""{"type":"append","messages":[],"pad":"{{pad}}"}""")).ShouldBeProblem(413, "too_large", "line 3");
        (await ImportAsync(api, export + new string('\n', 3 * 1024 * 1024))).ShouldBeProblem(413, "too_large", "body");
        (await ImportAsync(api, export + new string('\n', 3 * 1024 * 1024), chunked: true)).ShouldBeProblem(413, "too_large", "body");
    }

    [Fact]
    public async Task An_import_whose_sender_goes_away_leaves_nothing_and_can_be_done_again()
    {
        for (var turn = 0; turn < 100; turn++)
        {
            await StoreAsync("s", $"said {turn}");
        }

        var export = (await Api.GetAsync("/sessions/s/export")).Text;
        using (var content = new CutOffContent(Encoding.UTF8.GetBytes(export[..^200])))
        {
            content.Headers.ContentType = new MediaTypeHeaderValue("application/x-ndjson");
            await Should.ThrowAsync<HttpRequestException>(() => Api.SendAsync(HttpMethod.Post, "/sessions/import?session_id=t", content));
        }

        (await Api.GetAsync("/sessions/t")).ShouldBe(404);
        (await ImportAsync(Api, export, "?session_id=t")).ShouldBe(201);
    }

    private static Task<ApiAnswer> ImportAsync(ApiClient client, string lines, string query = "", bool chunked = false)
    {
        HttpContent content = new StringContent(lines, Encoding.UTF8);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/x-ndjson");
        return client.SendAsync(HttpMethod.Post, "/sessions/import" + query, content, chunked ? [("Transfer-Encoding", "chunked")] : []);
    }

    /// <summary>Announces more than it sends.</summary>
    private sealed class CutOffContent(byte[] bytes) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context)
        {
            await stream.WriteAsync(bytes);
            await stream.FlushAsync();
            throw new IOException("The sender has gone.");
        }

        protected override bool TryComputeLength(out long length)
        {
            length = bytes.Length + 200;
            return true;
        }
    }
}
