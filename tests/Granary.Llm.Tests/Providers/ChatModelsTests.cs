using System.Text.Json.Nodes;
using Granary.Llm.Providers;
using Granary.Llm.Streaming;
using static Granary.Llm.Tests.Providers.FakeExchange;
using static Granary.Llm.Tests.Providers.TestProviders;

namespace Granary.Llm.Tests.Providers;

public class ChatModelsTests
{
    [Fact]
    public async Task An_openai_compatible_provider_is_asked_through_its_package_with_our_key()
    {
        await using var upstream = FakeUpstream.Of(Answer(200, Completion("hi")));
        using var router = Router(Setup(ProviderKind.OpenAI, upstream.Address));
        var answer = await ModelsOf(router).CompleteAsync(Ask("gpt-4o"));
        (answer.Content, answer.Finish, answer.Usage).ShouldBe(("hi", ChatFinish.Stop, new ChatUsage(10, 5)));

        var request = upstream.Requests.ShouldHaveSingleItem();
        (request.Path, request.Headers["Authorization"]).ShouldBe(("/v1/chat/completions", "Bearer the-key"));
        JsonNode.Parse(request.Body)!["model"]!.GetValue<string>().ShouldBe("gpt-4o");
    }

    [Theory]
    [InlineData("llama-3.3-70b", null, null)]
    [InlineData("llama-3.3-70b", true, "medium")]
    [InlineData("llama-3.3-70b", false, null)]
    [InlineData("gpt-oss-120b", null, "medium")]
    [InlineData("gpt-oss-120b", false, null)]
    public async Task How_much_to_reason_is_passed_on_as_the_provider_is_set(string model, bool? passes, string? sent)
    {
        await using var upstream = FakeUpstream.Of(Answer(200, Completion("hi")));
        using var router = Router(Setup(ProviderKind.Compatible, upstream.Address, options => (options.PassReasoningEffort, options.Models) = (passes, ["*"])));
        await ModelsOf(router).CompleteAsync(Ask(model) with { ReasoningEffort = "medium" });
        ((string?)JsonNode.Parse(upstream.Requests.Single().Body)!["reasoning_effort"]).ShouldBe(sent);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Tools_whose_names_no_provider_takes_are_called_by_their_own(bool streamed)
    {
        JsonNode Sent(string body) => JsonNode.Parse(body)!["tools"]!.AsArray().Last()!["function"]!["name"]!;
        await using var upstream = new FakeUpstream(exchange =>
        {
            var call = $$"""{"index":0,"id":"c1","type":"function","function":{"name":{{Sent(exchange.Request.Body).ToJsonString()}},"arguments":"{}"} }""";
            var answer = streamed
                ? Answer(200, $$"""data: {"id":"c","model":"m","choices":[{"index":0,"delta":{"tool_calls":[{{call}}]},"finish_reason":"tool_calls"}]}""" + "\n\n" + Done)
                : Answer(200, $$"""{"id":"c","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":null,"tool_calls":[{{call}}]},"finish_reason":"tool_calls"}]}""");
            return answer(exchange);
        });
        using var router = Router(Setup(ProviderKind.OpenAI, upstream.Address));
        var parameters = System.Text.Json.JsonElement.Parse("{}");
        var request = Ask("gpt-4o") with { Tools = [new("files.read", "", parameters), new("files read", "", parameters)] };
        var names = streamed
            ? (await ModelsOf(router).StreamAsync(request).AllAsync()).Where(piece => piece.Kind == StreamEventKind.ToolCallComplete).Select(piece => piece.Name)
            : (await ModelsOf(router).CompleteAsync(request)).ToolCalls.Select(call => call.Name);
        names.ShouldBe(["files read"]);
    }

    [Fact]
    public async Task Azure_is_asked_at_the_models_deployment()
    {
        await using var upstream = FakeUpstream.Of(Answer(200, Completion("hi")));
        using var router = Router(Setup(ProviderKind.Azure, upstream.Address));
        (await ModelsOf(router).CompleteAsync(Ask("gpt-4o"))).Content.ShouldBe("hi");
        var request = upstream.Requests.ShouldHaveSingleItem();
        request.Path.ShouldBe("/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21");
        request.Headers["api-key"].ShouldBe("the-key");
    }

    [Fact]
    public async Task Anthropic_and_gemini_are_asked_in_their_own_dialects()
    {
        await using var anthropic = FakeUpstream.Of(Answer(200, """{"id":"m1","type":"message","role":"assistant","model":"claude-x","content":[{"type":"text","text":"salut"}],"stop_reason":"end_turn","usage":{"input_tokens":3,"output_tokens":2}}"""));
        await using var gemini = FakeUpstream.Of(Answer(200, """{"candidates":[{"content":{"role":"model","parts":[{"text":"ciao"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":2,"totalTokenCount":5},"modelVersion":"gemini-2.5-flash"}"""));
        using var router = Router(Setup(ProviderKind.Anthropic, anthropic.Address), Setup(ProviderKind.Gemini, gemini.Address));
        var models = ModelsOf(router);
        (await models.CompleteAsync(Ask("claude-sonnet-4-5"))).Content.ShouldBe("salut");
        (await models.CompleteAsync(Ask("gemini-2.5-flash"))).Content.ShouldBe("ciao");
        anthropic.Requests.Single().Path.ShouldBe("/v1/messages");
        gemini.Requests.Single().Path.ShouldBe("/v1beta/models/gemini-2.5-flash:generateContent");
    }

    [Theory]
    [InlineData(401)]
    [InlineData(404)]
    [InlineData(429)]
    [InlineData(500)]
    public async Task What_another_provider_may_do_goes_to_the_next(int status)
    {
        await using var broken = FakeUpstream.Of(Answer(status, """{"error":{"message":"no"}}"""));
        await using var sound = FakeUpstream.Of(Answer(200, Completion("hi")));
        using var router = Router(
            Setup(ProviderKind.OpenAI, broken.Address, options => options.Retries = 0),
            Setup(ProviderKind.Azure, sound.Address));
        (await ModelsOf(router).CompleteAsync(Ask("gpt-4o"))).Content.ShouldBe("hi");
        broken.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task What_is_the_requests_fault_does_not_go_to_the_next()
    {
        await using var refusing = FakeUpstream.Of(Answer(400, """{"error":{"message":"messages is empty","type":"invalid_request_error"}}"""));
        await using var other = FakeUpstream.Of(Answer(200, Completion("hi")));
        using var router = Router(Setup(ProviderKind.OpenAI, refusing.Address), Setup(ProviderKind.Azure, other.Address));
        var error = await Should.ThrowAsync<ProviderException>(() => ModelsOf(router).CompleteAsync(Ask("gpt-4o")));
        (error.Status, error.Provider).ShouldBe((400, "openai"));
        error.Message.ShouldBe("The provider 'openai' answered 400: messages is empty");
        other.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_last_providers_refusal_tells_when_to_come_again()
    {
        await using var upstream = FakeUpstream.Of(Answer(429, """{"error":"slow down"}""", ("Retry-After", "99")));
        using var router = Router(Setup(ProviderKind.OpenAI, upstream.Address));
        var error = await Should.ThrowAsync<ProviderException>(() => ModelsOf(router).CompleteAsync(Ask("gpt-4o")));
        (error.Status, error.RetryAfter).ShouldBe((429, TimeSpan.FromSeconds(99)));
        error.Message.ShouldContain("slow down");
    }

    [Fact]
    public async Task When_to_come_again_in_milliseconds_is_told_as_well()
    {
        await using var upstream = FakeUpstream.Of(Answer(429, "{}", ("retry-after-ms", "90500"), ("Retry-After", "99")));
        using var router = Router(Setup(ProviderKind.OpenAI, upstream.Address));
        var error = await Should.ThrowAsync<ProviderException>(() => ModelsOf(router).CompleteAsync(Ask("gpt-4o")));
        error.RetryAfter.ShouldBe(TimeSpan.FromMilliseconds(90_500));
    }

    [Theory]
    [InlineData("<html>busy</html>")]
    [InlineData("{\"choices\":")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("{\"choices\":[{\"message\":7}]}")]
    [InlineData("{\"choices\":\"none\"}")]
    public async Task Malformed_answers_are_the_providers_failure(string body)
    {
        await using var upstream = FakeUpstream.Of(Answer(200, body));
        using var router = Router(Setup(ProviderKind.OpenAI, upstream.Address));
        (await Should.ThrowAsync<ProviderException>(() => ModelsOf(router).CompleteAsync(Ask("gpt-4o")))).Status.ShouldBe(502);
    }

    [Fact]
    public async Task Half_an_answer_is_the_providers_failure_and_the_next_is_asked()
    {
        await using var broken = FakeUpstream.Of(async exchange =>
        {
            await exchange.WriteAsync("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{\"choices\":[");
            await exchange.CloseAsync(reset: false);
        });
        await using var sound = FakeUpstream.Of(Answer(200, Completion("hi")));
        using var router = Router(Setup(ProviderKind.OpenAI, broken.Address), Setup(ProviderKind.Azure, sound.Address));
        (await ModelsOf(router).CompleteAsync(Ask("gpt-4o"))).Content.ShouldBe("hi");
    }

    [Fact]
    public async Task A_stream_comes_as_it_is_sent()
    {
        var go = new TaskCompletionSource();
        await using var upstream = FakeUpstream.Of(async exchange =>
        {
            await exchange.BeginStreamAsync();
            await exchange.ChunkAsync(Chunk("Hel"));
            await go.Task;
            await exchange.ChunkAsync(Chunk("lo", "stop"));
            await exchange.ChunkAsync(Done);
            await exchange.EndStreamAsync();
        });
        using var router = Router(Setup(ProviderKind.OpenAI, upstream.Address));
        await using var events = ModelsOf(router).StreamAsync(Ask("gpt-4o")).GetAsyncEnumerator();
        var text = "";
        while (text.Length == 0 && await events.MoveNextAsync().AsTask().WaitAsync(Patience))
            text += events.Current.Kind == StreamEventKind.Content ? events.Current.Text : "";
        text.ShouldBe("Hel");
        go.SetResult();
        var rest = new List<StreamEvent>();
        while (await events.MoveNextAsync().AsTask().WaitAsync(Patience))
            rest.Add(events.Current);
        rest.ShouldContain(next => next.Kind == StreamEventKind.Content && next.Text == "lo");
        rest.ShouldContain(next => next.Kind == StreamEventKind.Stop && next.Finish == ChatFinish.Stop);
        rest.ShouldNotContain(next => next.Kind == StreamEventKind.Error);
        JsonNode.Parse(upstream.Requests.Single().Body)!["stream"]!.GetValue<bool>().ShouldBeTrue();
    }

    [Fact]
    public async Task A_stream_that_breaks_keeps_what_came_and_says_so()
    {
        await using var upstream = FakeUpstream.Of(async exchange =>
        {
            await exchange.BeginStreamAsync();
            await exchange.ChunkAsync(Chunk("half"));
            await exchange.CloseAsync(reset: false);
        });
        await using var other = FakeUpstream.Of(Answer(200, ""));
        using var router = Router(Setup(ProviderKind.OpenAI, upstream.Address), Setup(ProviderKind.Azure, other.Address));
        var events = await ModelsOf(router).StreamAsync(Ask("gpt-4o")).AllAsync().WaitAsync(Patience);
        events.ShouldContain(next => next.Kind == StreamEventKind.Content && next.Text == "half");
        events.ShouldContain(next => next.Kind == StreamEventKind.Error);
        other.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task Before_the_first_event_the_next_provider_takes_over()
    {
        await using var empty = FakeUpstream.Of(exchange => exchange.StreamAsync());
        await using var failing = FakeUpstream.Of(exchange => exchange.StreamAsync("data: {\"error\":{\"message\":\"overloaded\",\"code\":500}}\n\n"));
        await using var broken = FakeUpstream.Of(async exchange =>
        {
            await exchange.BeginStreamAsync();
            await exchange.CloseAsync(reset: false);
        });
        await using var sound = FakeUpstream.Of(exchange => exchange.StreamAsync(Chunk("hi", "stop"), Done));
        using var router = Router(
            Server(1, empty), Server(2, failing), Server(3, broken), Server(4, sound));
        var events = await ModelsOf(router).StreamAsync(Ask("gpt-4o")).AllAsync().WaitAsync(Patience);
        events.ShouldContain(next => next.Kind == StreamEventKind.Content && next.Text == "hi");
        events.ShouldNotContain(next => next.Kind == StreamEventKind.Error);
        new[] { empty, failing, broken, sound }.ShouldAllBe(upstream => upstream.Requests.Count == 1);

        static ProviderSetup Server(int order, FakeUpstream upstream) =>
            Setup(ProviderKind.Compatible, upstream.Address, options => (options.Models, options.FallbackOrder) = (["*"], order), $"server{order}");
    }

    [Fact]
    public async Task A_stream_that_nobody_opens_fails_before_its_first_event()
    {
        await using var upstream = FakeUpstream.Of(exchange => exchange.StreamAsync("data: {\"error\":{\"message\":\"overloaded\"}}\n\n"));
        using var router = Router(Setup(ProviderKind.OpenAI, upstream.Address));
        var error = await Should.ThrowAsync<ProviderException>(() => ModelsOf(router).StreamAsync(Ask("gpt-4o")).AllAsync());
        error.Status.ShouldBe(502);
        error.Message.ShouldContain("overloaded");
    }

    [Fact]
    public async Task Who_stops_listening_stops_the_provider()
    {
        var gone = new TaskCompletionSource();
        await using var upstream = FakeUpstream.Of(async exchange =>
        {
            await exchange.BeginStreamAsync();
            await exchange.ChunkAsync(Chunk("one"));
            await exchange.GoneAsync();
            gone.SetResult();
        });
        using var router = Router(Setup(ProviderKind.OpenAI, upstream.Address));
        await foreach (var next in ModelsOf(router).StreamAsync(Ask("gpt-4o")))
            break;
        await gone.Task.WaitAsync(Patience);
    }

    [Fact]
    public async Task Cancelling_stops_the_provider()
    {
        var gone = new TaskCompletionSource();
        await using var upstream = FakeUpstream.Of(async exchange =>
        {
            await exchange.GoneAsync();
            gone.SetResult();
        });
        using var router = Router(Setup(ProviderKind.OpenAI, upstream.Address));
        using var cancel = new CancellationTokenSource();
        var answer = ModelsOf(router).CompleteAsync(Ask("gpt-4o"), cancel.Token);
        while (upstream.Requests.IsEmpty)
            await Task.Delay(5);
        await cancel.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => answer);
        await gone.Task.WaitAsync(Patience);
    }
}
