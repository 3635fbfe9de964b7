using System.Reflection;
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
        only.GetProperty("sequence").GetInt64().ShouldBe(1);
        only.GetProperty("content").GetString().ShouldBe("I am allergic to peanuts.");
    }

    [Fact]
    public async Task Recall_reads_the_latest_and_no_more_text_than_it_may()
    {
        const int size = 40_000;
        foreach (var session in new[] { "s1", "s2", "s3" })
        {
            for (var batch = 0; batch < 10; batch++)
            {
                await memory.Session(new SessionKey("default", "ada", session)).AppendAsync(new AppendRequest
                {
                    Messages = [.. Enumerable.Range(0, 8).Select(i => new Message { Role = MessageRole.User, Content = $"word{(batch * 8) + i} " + new string('x', size) })],
                });
            }
        }

        var counting = DispatchProxy.Create<IMemoryCluster, CountingReads>();
        ((CountingReads)(object)counting).Inner = memory;
        var tools = new FunctionRegistry();
        tools.AddAll(new MemoryTools(counting).Functions);

        var found = await tools.InvokeAsync("recall", JsonSerializer.SerializeToElement(new { query = "word79 word0" }), new FunctionScope(new CallingContext { UserId = "ada" }));

        JsonDocument.Parse(found.Text).RootElement.EnumerateArray().Select(m => m.GetProperty("sequence").GetInt64()).ShouldBe([80, 80, 80]);
        ((CountingReads)(object)counting).Characters.ShouldBeLessThan(3 * 45 * size);
    }

    [Fact]
    public async Task Recall_reads_long_sessions_of_short_messages_far_back()
    {
        for (var i = 0; i < 10; i++)
        {
            await memory.Session(new SessionKey("default", "ada", "s1")).AppendAsync(new AppendRequest
            {
                Messages = [.. Enumerable.Range(0, 25).Select(j => new Message { Role = MessageRole.User, Content = $"word{(i * 25) + j + 1}" })],
            });
        }

        JsonDocument.Parse((await CallAsync("ada", "recall", new { query = "word51 word50 word250" })).Text).RootElement.EnumerateArray()
            .Select(m => m.GetProperty("sequence").GetInt64()).Order().ShouldBe([51, 250]);
    }

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
    public async Task Remember_appends_to_the_session_once()
    {
        await SayAsync("ada", "now", "Hello");

        (await CallAsync("ada", "remember", new { content = "Ada likes tea." })).Text.ShouldBe("Remembered.");
        (await CallAsync("ada", "remember", new { content = "Ada likes tea." })).Text.ShouldBe("Remembered.");

        var messages = (await memory.Session(new SessionKey("default", "ada", "now")).GetMessagesAsync(1, 10)).Messages;
        messages.Count.ShouldBe(2);
        messages[1].Role.ShouldBe(MessageRole.Assistant);
        messages[1].Content.ShouldBe("Ada likes tea.");
        messages[1].Metadata!.Value.GetProperty("kind").GetString().ShouldBe("note");
    }

    [Fact]
    public async Task Remember_without_a_session_is_an_error_for_the_model()
    {
        var result = await registry.InvokeAsync("remember", JsonSerializer.SerializeToElement(new { content = "x" }), new FunctionScope(new CallingContext { UserId = "ada" }));

        result.Content.ShouldBe("Error: there is no session to remember it in");
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

    /// <summary>A memory that counts the characters that are read of its sessions.</summary>
    internal class CountingReads : DispatchProxy
    {
        private int characters;

        public object? Inner { get; set; }

        public int Characters => characters;

        private CountingReads? Owner { get; set; }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            var result = targetMethod!.Invoke(Inner, args);
            switch (result)
            {
                case ISessionMemory:
                    var session = Create<ISessionMemory, CountingReads>();
                    ((CountingReads)(object)session).Inner = result;
                    ((CountingReads)(object)session).Owner = this;
                    return session;
                case Task<MessagePage> page:
                    return CountAsync(page);
                default:
                    return result;
            }
        }

        private async Task<MessagePage> CountAsync(Task<MessagePage> page)
        {
            Interlocked.Add(ref Owner!.characters, (await page).Messages.Sum(m => m.Content.Length));
            return await page;
        }
    }
}
