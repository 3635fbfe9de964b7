using System.Text.Json;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using Granary.Llm.Agents;
using Granary.Llm.Functions;
using Granary.Llm.Providers;
using Granary.Llm.Rendering;
using Granary.Llm.Streaming;
using Granary.Llm.Tests.Providers;
using Granary.Llm.Tests.Rendering;
using Granary.Llm.Tests.Streaming;

namespace Granary.Llm.Tests.Agents;

/// <summary>What providers sign of their reasoning goes back with the results of tools: Anthropic and Gemini refuse to go on without it.</summary>
public class ThoughtSignatureTests
{
    private static readonly FunctionResult[] Two = [new("sun", false), new("noon", false)];

    [Fact]
    public async Task In_a_streamed_loop_Anthropic_gets_its_thinking_back_first_and_unchanged()
    {
        var second = await SecondRequestAsync(
            ProviderKind.Anthropic,
            "claude-x",
            Event("""{"type":"message_start","message":{"id":"m","type":"message","role":"assistant","model":"claude-x","content":[],"usage":{"input_tokens":5,"output_tokens":1}}}"""),
            Event("""{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}"""),
            Event("""{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"Rome, \u00e9"}}"""),
            Event("""{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":" then."}}"""),
            Event("""{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"EqQ=="}}"""),
            Event("""{"type":"content_block_stop","index":0}"""),
            Event("""{"type":"content_block_start","index":1,"content_block":{"type":"redacted_thinking","data":"opaque"}}"""),
            Event("""{"type":"content_block_stop","index":1}"""),
            Event("""{"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"toolu_1","name":"weather","input":{}}}"""),
            Event("""{"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"{\"city\":\"Rome\"}"}}"""),
            Event("""{"type":"content_block_stop","index":2}"""),
            Event("""{"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":9}}"""),
            Event("""{"type":"message_stop"}"""));

        JsonNode.DeepEquals(second["messages"]!.AsArray()[^2]!["content"], JsonNode.Parse("""
            [{"type":"thinking","thinking":"Rome, é then.","signature":"EqQ=="},{"type":"redacted_thinking","data":"opaque"},
             {"type":"tool_use","id":"toolu_1","name":"weather","input":{"city":"Rome"}}]
            """)).ShouldBeTrue(second.ToJsonString());
    }

    [Fact]
    public async Task In_a_streamed_loop_Gemini_gets_the_signature_of_its_call_back()
    {
        var second = await SecondRequestAsync(
            ProviderKind.Gemini,
            "gemini-3-pro",
            Event("""{"candidates":[{"content":{"role":"model","parts":[{"text":"Hm","thought":true}]}}],"modelVersion":"gemini-3-pro"}"""),
            Event("""{"candidates":[{"content":{"role":"model","parts":[{"functionCall":{"name":"weather","args":{"city":"Rome"}},"thoughtSignature":"CsEB"}]},"finishReason":"STOP"}]}"""));

        var part = second["contents"]!.AsArray()[^2]!["parts"]!.AsArray().ShouldHaveSingleItem()!;
        ((string?)part["thoughtSignature"]).ShouldBe("CsEB");
        ((string?)part["functionCall"]!["args"]!["city"]).ShouldBe("Rome");
    }

    [Theory]
    [InlineData(ChatDialect.Anthropic, nameof(Recorded.ClaudeTools), "EqQBCgIYAhIM1gbcDa9GJwZA2b3h")]
    [InlineData(ChatDialect.Gemini, nameof(Recorded.GeminiTools), "CsEB")]
    public void A_rendered_payload_grows_by_the_signed_answer_also_where_it_came_in_pieces(ChatDialect dialect, string recorded, string signature)
    {
        var answer = Streams.Collect(Streams.Read(dialect, Recorded.All[recorded].Stream));
        var payload = new JsonObject { ["thinking"] = new JsonObject { ["type"] = "adaptive" } };
        ToolTurn.AppendTo(ChatRenderers.For(dialect), payload, answer, Two);
        payload.ToJsonString().ShouldContain(signature);
        payload.ContainsKey("thinking").ShouldBeTrue();
    }

    [Theory]
    [InlineData(ChatDialect.Anthropic, ChatDialect.Gemini)]
    [InlineData(ChatDialect.Anthropic, ChatDialect.OpenAIChat)]
    [InlineData(ChatDialect.Gemini, ChatDialect.Anthropic)]
    [InlineData(ChatDialect.Gemini, ChatDialect.Mistral)]
    public void Another_provider_gets_nothing_of_it(ChatDialect source, ChatDialect target)
    {
        var answer = Streams.Collect(Streams.Read(source, source == ChatDialect.Gemini ? Recorded.GeminiTools : Recorded.ClaudeTools));
        var body = Samples.Renderer(target).RenderRequest(Next(target, answer)).ToJsonString();
        body.ShouldNotContain("EqQBCgIYAhIM1gbcDa9GJwZA2b3h");
        body.ShouldNotContain("CsEB");
        body.ShouldNotContain("I need the weather.");

        var payload = new JsonObject();
        ToolTurn.AppendTo(ChatRenderers.For(target), payload, answer, Two);
        payload.ToJsonString().ShouldNotContain("EqQBCgIYAhIM1gbcDa9GJwZA2b3h");
        payload.ToJsonString().ShouldNotContain("CsEB");

        Streams.Write(target, Streams.Read(source, source == ChatDialect.Gemini ? Recorded.GeminiTools : Recorded.ClaudeTools)).ShouldNotContain(source == ChatDialect.Gemini ? "CsEB" : "EqQBCgIY");
    }

    [Fact]
    public void A_stream_written_for_Anthropics_own_clients_keeps_the_signature()
    {
        var events = Streams.Read(ChatDialect.Anthropic, Recorded.ClaudeTools);
        var again = Streams.Read(ChatDialect.Anthropic, Streams.Write(ChatDialect.Anthropic, events));
        Streams.Collect(again).Thoughts.ShouldNotBeNull().Parts.ShouldBe(Streams.Collect(events).Thoughts!.Parts);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Only_a_turn_that_began_in_signed_thought_goes_on_in_thought(bool signed)
    {
        var answer = Streams.Collect(Streams.Read(ChatDialect.Anthropic, Recorded.ClaudeTools));
        var request = Next(ChatDialect.Anthropic, signed ? answer : answer with { Thoughts = null }) with { ReasoningEffort = "low" };
        Samples.Renderer(ChatDialect.Anthropic).RenderRequest(request).ContainsKey("thinking").ShouldBe(signed);
    }

    /// <summary>Whatever stands between whatever, stored and sent again it is what the provider wrote.</summary>
    [Fact]
    public void Answers_of_Anthropic_survive_being_stored_and_sent_again_block_by_block()
    {
        var texts = Gen.Elements("I look.", "😀", "é\n", "a b ", "{").NonEmptyListOf().Select(string.Concat);
        var blocks = Gen.OneOf(
            texts.Select(text => new JsonObject { ["type"] = "text", ["text"] = text }),
            texts.Select(text => new JsonObject { ["type"] = "thinking", ["thinking"] = text, ["signature"] = "S" + text.Length }),
            texts.Select(text => new JsonObject { ["type"] = "redacted_thinking", ["data"] = text }),
            Gen.Choose(0, 9).Select(n => new JsonObject { ["type"] = "tool_use", ["name"] = "now", ["input"] = new JsonObject { ["n"] = n } }));
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(300), Prop.ForAll(blocks.ListOf().ToArbitrary(), list =>
        {
            var content = Answer(list);
            if (!content.Any(block => (string?)block!["type"] == "tool_use"))
            {
                return;
            }

            var renderer = Samples.Renderer(ChatDialect.Anthropic);
            var answer = renderer.ParseResponse(new JsonObject { ["id"] = "m", ["model"] = "claude-x", ["content"] = content.DeepClone(), ["stop_reason"] = "tool_use" });
            answer = JsonSerializer.Deserialize<ChatResponse>(JsonSerializer.Serialize(answer))!;
            var sent = renderer.RenderRequest(Next(ChatDialect.Anthropic, answer))["messages"]![1]!["content"]!;
            var expected = answer.Thoughts is null ? sent : content;
            JsonNode.DeepEquals(sent, expected).ShouldBeTrue($"{content.ToJsonString()}\n{sent.ToJsonString()}");
        }));
    }

    [Fact]
    public void Answers_of_Gemini_keep_the_signature_of_each_call_when_stored_and_sent_again()
    {
        var calls = Gen.Elements<string?>(null, "S1", "S2==").NonEmptyListOf();
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(200), Prop.ForAll(calls.ToArbitrary(), signatures =>
        {
            var parts = new JsonArray([.. signatures.Select((signature, n) =>
            {
                var part = new JsonObject { ["functionCall"] = new JsonObject { ["name"] = "now", ["args"] = new JsonObject { ["n"] = n } } };
                if (signature is not null)
                {
                    part["thoughtSignature"] = signature;
                }

                return (JsonNode)part;
            })]);
            var renderer = Samples.Renderer(ChatDialect.Gemini);
            var body = new JsonObject { ["candidates"] = new JsonArray(new JsonObject { ["content"] = new JsonObject { ["parts"] = parts.DeepClone() }, ["finishReason"] = "STOP" }) };
            var answer = JsonSerializer.Deserialize<ChatResponse>(JsonSerializer.Serialize(renderer.ParseResponse(body)))!;
            var streamed = Streams.Collect(Streams.Read(ChatDialect.Gemini, "data: " + body.ToJsonString() + "\n\n"));
            (streamed.Thoughts?.Parts ?? []).ShouldBe(answer.Thoughts?.Parts ?? []);
            JsonNode.DeepEquals(renderer.RenderRequest(Next(ChatDialect.Gemini, answer) with { Model = "gemini-2.5-pro" })["contents"]![1]!["parts"], parts).ShouldBeTrue();
        }));
    }

    /// <summary>The request that gives the results of an answer's calls.</summary>
    private static ChatRequest Next(ChatDialect dialect, ChatResponse answer) => Samples.Request(
        dialect, [Samples.User("go"), .. ToolTurn.Of(answer, [.. answer.ToolCalls.Select(_ => new FunctionResult("ok", false))])]) with
    {
        Tools = [Samples.Clock],
        Thoughts = ToolTurn.ThoughtsOf(answer) is { } signed ? [signed] : [],
    };

    /// <summary>Blocks as a provider writes them: no text beside text or right after a call, each call with an id of its own.</summary>
    private static JsonArray Answer(IEnumerable<JsonObject> blocks)
    {
        var content = new JsonArray();
        foreach (var block in blocks.Select(block => (JsonObject)block.DeepClone()))
        {
            var isText = (string?)block["type"] == "text";
            if (isText && content.Count > 0 && ((string?)content[^1]!["type"] is "text" or "tool_use"))
            {
                continue;
            }

            if (block.ContainsKey("input"))
            {
                block.Insert(1, "id", $"toolu_{content.Count}");
            }

            content.Add((JsonNode)block);
        }

        return content;
    }

    private static string Event(string data) => $"data: {data}\n\n";

    private static async Task<JsonObject> SecondRequestAsync(ProviderKind kind, string model, params string[] toolCall)
    {
        await using var upstream = FakeUpstream.Of(exchange => exchange.StreamAsync(toolCall), exchange => exchange.AnswerAsync(400, "{}"));
        using var router = TestProviders.Router(TestProviders.Setup(kind, upstream.Address));
        var proxy = new MemoryProxy(TestProviders.ModelsOf(router), functions: Answers.Registry(("weather", (string city) => $"sun in {city}")));
        await proxy.StreamAsync("How is it?", new CallingContext { Model = model }).AllAsync();
        upstream.Requests.Count.ShouldBe(2);
        return JsonNode.Parse(upstream.Requests.Last().Body)!.AsObject();
    }
}
