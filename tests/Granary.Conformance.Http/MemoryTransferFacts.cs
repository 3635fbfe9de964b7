using System.Text;
using System.Text.Json.Nodes;

namespace Granary.Conformance.Http;

/// <summary>Export and import of memories.</summary>
public abstract class MemoryTransferFacts<TFixture>(TFixture fixture) : HttpConformance<TFixture>(fixture)
    where TFixture : HttpFixture
{
    [Fact]
    public async Task What_is_exported_is_the_same_for_whom_it_is_imported_however_often()
    {
        await RememberAsync("""{"id":"likes-tea","content":"Ada likes tea.","kind":"insight","agent_id":"helper","category":"preferences","confidence":0.75,"importance":"high","pinned":true,"metadata":{"n":3},"event_time":"2024-05-01T10:00:00Z","valid_from":"2024-05-01T00:00:00Z","created_at":"2024-05-02T00:00:00Z","sources":[{"session_id":"s","first_sequence":1,"last_sequence":2}]}""");
        await RememberAsync("""{"content":"Ada lives in Oslo. Grüße 🙂"}""");
        await RememberAsync("""{"id":"gone","content":"It is deleted."}""");
        await Api.DeleteAsync("/memory/memories/gone");

        var export = (await Api.GetAsync("/memory/export")).ShouldBe(200);
        var other = Server.As("other-" + User);
        var imported = (await ImportAsync(other, export.Text)).ShouldBe(200);
        var again = (await ImportAsync(other, export.Text)).ShouldBe(200);

        export.ContentType.ShouldBe("application/x-ndjson");
        export.Text.ShouldEndWith("\n");
        Counts(imported).ShouldBe((2, 0, 0));
        ((string?)imported["user_id"]).ShouldBe("other-" + User);
        Counts(again).ShouldBe((0, 2, 0));
        var copies = Records((await other.GetAsync("/memory/export?state=active,expiring,expired,archived,deleted")).Text);
        var originals = Records(export.Text);
        copies.Count.ShouldBe(2);
        for (var i = 0; i < copies.Count; i++)
        {
            // What is its own life's: when it was taken.
            copies[i]["updated_at"] = originals[i]["updated_at"]!.DeepClone();
            JsonNode.DeepEquals(copies[i], originals[i]).ShouldBeTrue(copies[i].ToJsonString());
        }

        Records((await Api.GetAsync("/memory/export?state=deleted")).Text).ShouldHaveSingleItem()["id"]!.GetValue<string>().ShouldBe("gone");
        Records((await Api.GetAsync("/memory/export?kind=insight&agent_id=helper")).Text).ShouldHaveSingleItem()["id"]!.GetValue<string>().ShouldBe("likes-tea");
    }

    [Fact]
    public async Task Memories_of_more_than_one_page_are_exported_and_imported()
    {
        var lines = string.Concat(Enumerable.Range(0, 1_203).Select(i => $"{{\"content\":\"fact number {i}\"}}\n"));
        Counts((await ImportAsync(Api, lines)).ShouldBe(200)).ShouldBe((1_203, 0, 0));

        Records((await Api.GetAsync("/memory/export")).Text).Select(record => (string?)record["content"]).Order(StringComparer.Ordinal)
            .ShouldBe(Enumerable.Range(0, 1_203).Select(i => $"fact number {i}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Lines_that_cannot_be_taken_are_named_and_the_others_are_taken()
    {
        await RememberAsync("""{"id":"mine","content":"It says one thing."}""");
        var lines = string.Join('\n',
            """{"content":"first"}""",
            "{ this is no json",
            "",
            """{"content":"   "}""",
            """{"id":"mine","content":"It says another thing."}""",
            """{"content":"second","confidence":7}""",
            """{"content":"third","state":"deleted"}""",
            """{"kind":"fact"}""",
            """{"content":"first"}""",
            "[]",
            """{"content":"last"}""");

        var imported = (await ImportAsync(Api, lines)).ShouldBe(200);

        Counts(imported).ShouldBe((2, 1, 7));
        var refused = imported["refused_lines"]!.AsArray();
        refused.Select(line => (int)line!["line"]!).ShouldBe([2, 4, 5, 6, 7, 8, 10]);
        refused.Select(line => ((string)line!["reason"]!).Split(':')[0]).ShouldBe(
            [((string)refused[0]!["reason"]!).Split(':')[0], "content", "id", "confidence", "state", "content", "must be an object"]);
        Records((await Api.GetAsync("/memory/export")).Text).Select(record => (string?)record["content"]).Order()
            .ShouldBe(["first", "It says one thing.", "last"], ignoreOrder: true);
    }

    [Fact]
    public async Task An_import_is_of_lines_and_of_a_bounded_size()
    {
        (await Api.PostAsync("/memory/import", """{"content":"a"}""")).Status.ShouldBe(415);
        await using var server = await Fixture.StartAsync(options => options.MaxImportBytes = 1_024);
        (await ImportAsync(server.As(User), $"{{\"content\":\"{new string('a', 1_024)}\"}}")).Status.ShouldBe(413);
        Counts((await ImportAsync(server.As(User), "")).ShouldBe(200)).ShouldBe((0, 0, 0));
    }

    [Fact]
    public async Task Of_a_user_nobody_has_heard_of_nothing_is_exported()
    {
        (await Api.GetAsync("/memory/export")).ShouldBe(200).Text.ShouldBeEmpty();
        (await Api.GetAsync("/memory/export?state=unheard")).ShouldBeProblem(400, "invalid_request");
    }

    private static (int Added, int Duplicates, int Refused) Counts(ApiAnswer answer) =>
        ((int)answer["added"]!, (int)answer["duplicates"]!, (int)answer["refused"]!);

    private static List<JsonNode> Records(string lines) => [.. lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!)];

    private static Task<ApiAnswer> ImportAsync(ApiClient api, string lines) =>
        api.SendAsync(HttpMethod.Post, "/memory/import", new StringContent(lines, Encoding.UTF8, "application/x-ndjson"));

    private async Task RememberAsync(string body) => (await Api.PostAsync("/memory/remember", body)).ShouldBe(200);
}
