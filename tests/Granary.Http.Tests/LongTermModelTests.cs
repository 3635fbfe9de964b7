using Granary.Conformance.Http;
using Granary.Llm;
using Granary.Llm.Providers;
using Granary.Llm.Streaming;

namespace Granary.Http.Tests;

/// <summary>What models add to retrieval and contexts, and that nothing fails where they do.</summary>
public sealed class LongTermModelTests
{
    private const string Question = """{"session_id":"now","query":"boat"}""";

    [Fact]
    public async Task Without_a_model_there_is_no_answer()
    {
        await using var test = await StartAsync(null);

        var retrieved = (await test.Ada.PostAsync("/memory/retrieve", Question)).ShouldBe(200);

        ((int)retrieved["count"]!).ShouldBeGreaterThan(0);
        retrieved.Json.AsObject().ContainsKey("answer").ShouldBeFalse();
    }

    [Fact]
    public async Task A_model_writes_an_answer_out_of_the_facts()
    {
        var model = new ScriptedModel(_ => "She is called Freya.");
        await using var test = await StartAsync(model);

        var retrieved = (await test.Ada.PostAsync("/memory/retrieve", Question)).ShouldBe(200);

        ((string?)retrieved["answer"]).ShouldBe("She is called Freya.");
        retrieved.Json.AsObject().ContainsKey("answer_fallback").ShouldBeFalse();
        var asked = model.Asked.ShouldHaveSingleItem();
        asked.Model.ShouldBe("small");
        asked.Messages[1].Content.ShouldContain("My boat is called Freya.");
        asked.Messages[1].Content.ShouldEndWith("Question: boat");
        (await test.Ada.PostAsync("/memory/retrieve", """{"session_id":"now","query":"boat","answer":false}""")).ShouldBe(200).Json.AsObject().ContainsKey("answer").ShouldBeFalse();
        model.Asked.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_model_that_fails_leaves_the_facts_as_the_answer()
    {
        await using var test = await StartAsync(new ScriptedModel(_ => throw new InvalidOperationException("secret detail")));

        var retrieved = (await test.Ada.PostAsync("/memory/retrieve", Question)).ShouldBe(200);

        ((string?)retrieved["answer"]).ShouldBe(string.Join('\n', retrieved["facts"]!.AsArray().Select(fact => (string?)fact)));
        ((string?)retrieved["answer_fallback"]).ShouldNotBeNullOrEmpty();
        retrieved.Text.ShouldNotContain("secret detail");
    }

    [Fact]
    public async Task Where_nothing_is_known_no_model_is_asked()
    {
        var model = new ScriptedModel(_ => "I made that up.");
        await using var test = await StartAsync(model);

        ((string?)(await test.Ada.PostAsync("/memory/retrieve", """{"query":"zebra"}""")).ShouldBe(200)["answer"]).ShouldBe("No relevant information found.");
        model.Asked.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_model_decides_whether_memory_is_needed_and_what_to_look_for_once_for_each_turn()
    {
        var model = new ScriptedModel(_ => "NEEDS_MEMORY: yes\nQUERY: boat name\nREASON: asks for it");
        await using var test = await StartAsync(model);

        for (var again = 0; again < 3; again++)
        {
            var context = (await test.Ada.PostAsync("/memory/context", """{"session_id":"now","enrich":true}""")).ShouldBe(200);
            ((string?)context["enrichment"]!["decided_by"]).ShouldBe("model");
            ((string?)context["enrichment"]!["query"]).ShouldBe("boat name");
            context["enrichment"]!["memories"]!.AsArray().Count.ShouldBeGreaterThan(0);
        }

        model.Asked.Count.ShouldBe(1);
        await test.Ada.PostAsync("/memory/store", """{"session_id":"now","user_message":"and?","agent_message":"well"}""");
        await test.Ada.PostAsync("/memory/context", """{"session_id":"now","enrich":true}""");
        model.Asked.Count.ShouldBe(2);
    }

    [Fact]
    public async Task It_is_decided_once_for_the_same_words_whatever_instance_the_context_is()
    {
        var model = new ScriptedModel(_ => "NEEDS_MEMORY: no");
        await using var test = await StartAsync(model);

        for (var again = 0; again < 3; again++)
        {
            await test.Ada.PostAsync("/memory/context", $$"""{"session_id":"now","enrich":true,"max_tokens":{{1000 + again}}}""");
        }

        model.Asked.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_context_does_not_wait_for_a_memory_that_does_not_answer()
    {
        await using var test = await StartAsync(new ScriptedModel(_ => "NEEDS_MEMORY: yes\nQUERY: boat"), patience: 0.1);
        test.Fixture.Cluster.Held = new TaskCompletionSource().Task;

        var context = (await test.Ada.PostAsync("/memory/context", """{"session_id":"now","enrich":true}""")).ShouldBe(200);

        context["active_context"]!.AsArray().Count.ShouldBe(1);
        ((string?)context["long_term_error"])!.ShouldContain("in time");
        ((string?)context["enrichment"]!["error"])!.ShouldContain("in time");
    }

    [Theory]
    [InlineData("NEEDS_MEMORY: no\nQUERY:\nREASON: small talk", false, "model")]
    [InlineData("needs_memory - YES", true, "model")]
    [InlineData("I think so!", true, "keywords")]
    [InlineData("", true, "keywords")]
    public async Task What_a_model_says_is_read_with_patience_and_else_words_decide(string said, bool needed, string by)
    {
        await using var test = await StartAsync(new ScriptedModel(_ => said));

        var context = (await test.Ada.PostAsync("/memory/context", """{"session_id":"now","enrich":true}""")).ShouldBe(200);

        ((bool)context["enrichment"]!["needs_memory"]!).ShouldBe(needed);
        ((string?)context["enrichment"]!["decided_by"]).ShouldBe(by);
    }

    [Fact]
    public async Task A_context_comes_although_model_and_memory_fail()
    {
        await using var test = await StartAsync(new ScriptedModel(_ => throw new InvalidOperationException()));
        test.Fixture.Cluster.Before = call =>
        {
            if (call is "recall" or "list")
            {
                throw new UnavailableException(ErrorCodes.StorageUnavailable, "The store is away.", TimeSpan.FromSeconds(1));
            }
        };

        var context = (await test.Ada.PostAsync("/memory/context", """{"session_id":"now","enrich":true}""")).ShouldBe(200);

        context["active_context"]!.AsArray().Count.ShouldBe(1);
        ((string?)context["enrichment"]!["error"]).ShouldBe("The store is away.");
        ((string?)context["long_term_error"]).ShouldBe("The store is away.");
        ((string?)context["formatted_context"])!.ShouldStartWith("### Recent Conversation");
        (await test.Ada.PostAsync("/sessions/start", """{"session_id":"now"}""")).ShouldBe(200);
        (await test.Ada.PostAsync("/memory/recall", """{"query":"boat"}""")).ShouldBeProblem(503, "storage_unavailable").Header("Retry-After").ShouldBe("1");
        (await test.Ada.GetAsync("/memory/health")).ShouldBe(503)["healthy"]!.GetValue<bool>().ShouldBeFalse();
    }

    private static async Task<Started> StartAsync(ScriptedModel? model, double patience = 5)
    {
        var fixture = new FakeMemoryFixture { Models = model };
        await fixture.InitializeAsync();
        var server = await fixture.StartAsync(options =>
        {
            options.Retrieval.Model = "small";
            options.Enrichment.Model = "small";
            options.LongTermTimeoutSeconds = patience;
        });
        var ada = server.As("ada");
        (await ada.PostAsync("/memory/store", """{"session_id":"old","user_message":"My boat is called Freya.","agent_message":"Nice."}""")).ShouldBe(200);
        (await ada.PostAsync("/memory/store", """{"session_id":"now","user_message":"Do you remember what I told you?","agent_message":"Tell me."}""")).ShouldBe(200);
        return new Started(fixture, server, ada);
    }

    private sealed record Started(FakeMemoryFixture Fixture, HttpServer Server, ApiClient Ada) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await Server.DisposeAsync();
            await Fixture.DisposeAsync();
        }
    }

    private sealed class ScriptedModel(Func<ChatRequest, string> answer) : IChatModels
    {
        public List<ChatRequest> Asked { get; } = [];

        public Task<ChatResponse> CompleteAsync(ChatRequest request, CancellationToken cancellationToken = default)
        {
            Asked.Add(request);
            return Task.FromResult(new ChatResponse { Id = "a", Model = request.Model, Content = answer(request), Finish = ChatFinish.Stop });
        }

        public IAsyncEnumerable<StreamEvent> StreamAsync(ChatRequest request, CancellationToken cancellationToken = default) => throw new NotSupportedException();
    }
}
