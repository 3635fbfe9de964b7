using System.Text.Json;
using Granary.Conformance.Stores;
using Granary.Core.Storage;
using Granary.Llm.Agents;
using Granary.Llm.Functions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Granary.Llm.Tests.Agents;

public sealed class MemoryToolsTests : IAsyncDisposable
{
    private readonly ServiceProvider host;
    private readonly IMemoryCluster memory;
    private readonly FunctionRegistry registry = new();

    public MemoryToolsTests()
    {
        host = new ServiceCollection().AddSingleton(typeof(ILogger<>), typeof(NullLogger<>)).AddSingleton<IPartitionStore>(new InMemoryPartitionStore()).AddGranaryEmbedded().BuildServiceProvider();
        memory = host.GetRequiredService<IMemoryCluster>();
        registry.AddAll(new MemoryTools(memory).Functions);
    }

    public ValueTask DisposeAsync() => host.DisposeAsync();

    [Fact]
    public async Task Recall_finds_what_was_said_in_other_sessions_of_the_user()
    {
        await SayAsync("ada", "s1", "I am allergic to peanuts.");
        await SayAsync("ada", "s2", "The weather is fine.");

        var found = await CallAsync("ada", "recall", new { query = "peanut allergy" });

        found.IsError.ShouldBeFalse(found.Text);
        var only = JsonDocument.Parse(found.Text).RootElement.EnumerateArray().Single();
        only.GetProperty("sessionId").GetString().ShouldBe("s1");
        only.GetProperty("id").GetString().ShouldBe("turn:s1:1");
        only.GetProperty("role").GetString().ShouldBe("User");
        only.GetProperty("content").GetString().ShouldBe("I am allergic to peanuts.");
    }

    [Fact]
    public async Task Recall_finds_what_is_known_of_the_user_and_shows_no_more_than_the_beginning_of_long_texts()
    {
        await memory.User(new UserKey("default", "ada")).RememberAsync(new RememberRequest([new MemoryDraft { Content = "Ada collects teapots. " + new string('x', 5_000) }]));

        var found = JsonDocument.Parse((await CallAsync("ada", "recall", new { query = "teapots" })).Text).RootElement.EnumerateArray().Single();

        found.GetProperty("kind").GetString().ShouldBe("fact");
        found.GetProperty("content").GetString()!.Length.ShouldBeLessThan(600);
    }

    [Fact]
    public async Task Recall_leaves_out_what_the_session_shows_anyway()
    {
        await SayAsync("ada", "now", "Which teapot did I buy?");
        await SayAsync("ada", "s1", "I bought a blue teapot.");

        JsonDocument.Parse((await CallAsync("ada", "recall", new { query = "teapot" })).Text).RootElement.EnumerateArray()
            .Select(m => m.GetProperty("sessionId").GetString()).ShouldBe(["s1"]);
    }

    [Fact]
    public async Task Recall_without_words_is_an_error_for_the_model() =>
        (await CallAsync("ada", "recall", new { query = " " })).IsError.ShouldBeTrue();

    [Fact]
    public async Task Arguments_of_a_model_cannot_name_another_user_or_tenant()
    {
        await SayAsync("bob", "secret", "The password of bob is swordfish.");

        (await CallAsync("ada", "recall", new { query = "password swordfish" })).Text.ShouldBe("[]");
        foreach (var name in new[] { "user", "userId", "user_id", "tenant", "tenantId", "context", "scope", "Context", "session", "sessionId" })
        {
            foreach (var tool in new[] { "recall", "search_sessions", "remember" })
            {
                var arguments = new Dictionary<string, object?>
                {
                    [tool == "remember" ? "content" : "query"] = "swordfish",
                    [name] = name.StartsWith("c", StringComparison.OrdinalIgnoreCase) ? new { tenantId = "default", userId = "bob", sessionId = "secret" } : "bob",
                };
                var result = await CallAsync("ada", tool, arguments);
                result.IsError.ShouldBeTrue();
                result.Text.ShouldContain("there is no argument");
            }
        }

        (await memory.Session(new SessionKey("default", "bob", "secret")).GetInfoAsync()).LastSequence.ShouldBe(1);
    }

    [Fact]
    public async Task Another_tenants_user_of_the_same_name_is_not_seen()
    {
        await SayAsync("ada", "s1", "swordfish");

        (await CallAsync("ada", "recall", new { query = "swordfish" }, tenant: "other")).Text.ShouldBe("[]");
        (await CallAsync("ada", "search_sessions", new { }, tenant: "other")).Text.ShouldBe("[]");
    }

    [Fact]
    public async Task No_schema_shows_who_asks()
    {
        foreach (var function in new MemoryTools(memory).Functions)
        {
            function.Parameters.GetProperty("properties").EnumerateObject().Select(p => p.Name).ShouldBeSubsetOf(["query", "limit", "content"]);
            function.Description.ShouldNotBeEmpty();
        }

        await Task.CompletedTask;
    }

    [Fact]
    public async Task Remember_keeps_a_fact_once_and_knows_its_session()
    {
        (await CallAsync("ada", "remember", new { content = "Ada likes tea." })).Text.ShouldBe("Remembered.");
        (await CallAsync("ada", "remember", new { content = "Ada likes tea." })).Text.ShouldBe("Remembered.");

        var kept = (await memory.User(new UserKey("default", "ada")).ListMemoriesAsync(new MemoryQuery())).Memories.ShouldHaveSingleItem();
        kept.Content.ShouldBe("Ada likes tea.");
        kept.Kind.ShouldBe(MemoryKind.Fact);
        kept.Sources.ShouldHaveSingleItem().SessionId.ShouldBe("now");
        kept.Metadata!.Value.GetProperty("kind").GetString().ShouldBe("note");
    }

    [Fact]
    public async Task Remember_needs_no_session()
    {
        await registry.InvokeAsync("remember", JsonSerializer.SerializeToElement(new { content = "x" }), new FunctionScope(new CallingContext { UserId = "ada" }));

        (await memory.User(new UserKey("default", "ada")).ListMemoriesAsync(new MemoryQuery())).Memories.ShouldHaveSingleItem().Sources.ShouldBeEmpty();
    }

    [Fact]
    public async Task Without_a_user_there_is_nothing_to_recall() =>
        (await registry.InvokeAsync("recall", JsonSerializer.SerializeToElement(new { query = "x" }), new FunctionScope(new CallingContext()))).IsError.ShouldBeTrue();

    [Fact]
    public async Task Sessions_are_listed_without_a_query()
    {
        await SayAsync("ada", "s1", "Hello");

        var found = await CallAsync("ada", "search_sessions", new { });

        JsonDocument.Parse(found.Text).RootElement.EnumerateArray().Select(e => e.GetProperty("sessionId").GetString()).ShouldBe(["s1"]);
    }

    [Fact]
    public async Task Sessions_are_found_by_what_they_were_about()
    {
        await SayAsync("ada", "trip", "We plan a trip to Lisbon in May. The trip to Lisbon must be cheap.");
        await SayAsync("ada", "cake", "How do I bake a chocolate cake?");
        await memory.Session(new SessionKey("default", "ada", "trip")).EndAsync();
        await memory.Session(new SessionKey("default", "ada", "cake")).EndAsync();

        var found = await CallAsync("ada", "search_sessions", new { query = "Lisbon" });

        JsonDocument.Parse(found.Text).RootElement.EnumerateArray().Select(e => e.GetProperty("sessionId").GetString()).ShouldBe(["trip"]);
    }

    [Fact]
    public async Task Memorys_tools_are_off_unless_switched_on()
    {
        var models = new FakeModels(Answers.Text("ok"));

        await new MemoryProxy(models, memory: memory).RunAsync("go");
        await new MemoryProxy(models, memory: memory, options: new MemoryProxyOptions { MemoryTools = true }).RunAsync("go");

        models.Asked[0].Tools.ShouldBeEmpty();
        models.Asked[1].Tools.Select(t => t.Name).ShouldBe(["recall", "remember", "search_sessions"]);
        Should.Throw<ArgumentException>(() => new MemoryProxy(models, options: new MemoryProxyOptions { MemoryTools = true }));
    }

    private async Task SayAsync(string user, string session, string text) => await memory
        .Session(new SessionKey("default", user, session))
        .AppendAsync(new AppendRequest { Messages = [new Message { Role = MessageRole.User, Content = text }] });

    private async Task<FunctionResult> CallAsync(string user, string name, object arguments, string tenant = "default") => await registry.InvokeAsync(
        name,
        JsonSerializer.SerializeToElement(arguments),
        new FunctionScope(new CallingContext { TenantId = tenant, UserId = user, SessionId = "now" }, "call_1"));
}
