using System.Text.Json.Nodes;
using Granary.Llm.Agents;
using Granary.Llm.Providers;
using Granary.Llm.Tests.Providers;

namespace Granary.Llm.Tests.Agents;

/// <summary>The loop over real provider clients, with servers on this machine that speak each dialect.</summary>
public class ProviderLoopTests
{
    [Fact]
    public async Task With_OpenAI_results_go_back_as_tool_messages()
    {
        var second = await SecondRequestAsync(
            ProviderKind.OpenAI,
            "gpt-4o",
            Event("""{"id":"a","object":"chat.completion.chunk","model":"gpt-4o","choices":[{"index":0,"delta":{"role":"assistant","tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"weather","arguments":""}}]},"finish_reason":null}]}"""),
            Event("""{"id":"a","object":"chat.completion.chunk","model":"gpt-4o","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"city\":\"Rome\"}"}}]},"finish_reason":null}]}"""),
            Event("""{"id":"a","object":"chat.completion.chunk","model":"gpt-4o","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}"""),
            TestProviders.Done);

        var messages = second["messages"]!.AsArray();
        messages[^2]!["tool_calls"]![0]!["function"]!["arguments"]!.GetValue<string>().ShouldBe("""{"city":"Rome"}""");
        messages[^1]!["role"]!.GetValue<string>().ShouldBe("tool");
        messages[^1]!["tool_call_id"]!.GetValue<string>().ShouldBe("call_1");
        messages[^1]!["content"]!.GetValue<string>().ShouldBe("sun in Rome");
    }

    [Fact]
    public async Task With_Anthropic_results_go_back_as_tool_result_blocks()
    {
        var second = await SecondRequestAsync(
            ProviderKind.Anthropic,
            "claude-x",
            Event("""{"type":"message_start","message":{"id":"m","type":"message","role":"assistant","model":"claude-x","content":[],"usage":{"input_tokens":5,"output_tokens":1}}}""", "message_start"),
            Event("""{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"toolu_1","name":"weather","input":{}}}""", "content_block_start"),
            Event("""{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{\"city\":\"Rome\"}"}}""", "content_block_delta"),
            Event("""{"type":"content_block_stop","index":0}""", "content_block_stop"),
            Event("""{"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":9}}""", "message_delta"),
            Event("""{"type":"message_stop"}""", "message_stop"));

        var messages = second["messages"]!.AsArray();
        messages[^2]!["content"]!.AsArray()[^1]!["input"]!["city"]!.GetValue<string>().ShouldBe("Rome");
        messages[^1]!["role"]!.GetValue<string>().ShouldBe("user");
        messages[^1]!["content"]![0]!["type"]!.GetValue<string>().ShouldBe("tool_result");
        messages[^1]!["content"]![0]!["tool_use_id"]!.GetValue<string>().ShouldBe("toolu_1");
    }

    [Fact]
    public async Task With_Gemini_results_go_back_as_function_responses()
    {
        var second = await SecondRequestAsync(
            ProviderKind.Gemini,
            "gemini-x",
            Event("""{"candidates":[{"content":{"role":"model","parts":[{"functionCall":{"name":"weather","args":{"city":"Rome"}}}]},"finishReason":"STOP"}]}"""));

        var contents = second["contents"]!.AsArray();
        contents[^2]!["parts"]!.AsArray()[^1]!["functionCall"]!["args"]!["city"]!.GetValue<string>().ShouldBe("Rome");
        contents[^1]!["parts"]![0]!["functionResponse"]!["name"]!.GetValue<string>().ShouldBe("weather");
    }

    [Theory]
    [InlineData("max_tokens")]
    [InlineData("refusal")]
    public async Task A_call_of_Anthropics_that_was_cut_before_its_arguments_is_not_run(string reason)
    {
        var ran = 0;
        await using var upstream = FakeUpstream.Of(exchange => exchange.StreamAsync(
        [
            Event("""{"type":"message_start","message":{"id":"m","type":"message","role":"assistant","model":"claude-x","content":[],"usage":{"input_tokens":5,"output_tokens":1}}}""", "message_start"),
            Event("""{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"toolu_1","name":"delete_notes","input":{}}}""", "content_block_start"),
            Event("""{"type":"content_block_stop","index":0}""", "content_block_stop"),
            Event($$$"""{"type":"message_delta","delta":{"stop_reason":"{{{reason}}}"},"usage":{"output_tokens":9}}""", "message_delta"),
            Event("""{"type":"message_stop"}""", "message_stop"),
        ]));
        var models = TestProviders.ModelsOf(TestProviders.Router(TestProviders.Setup(ProviderKind.Anthropic, upstream.Address)));

        var events = await new MemoryProxy(models, functions: Answers.Registry(("delete_notes", () => ++ran))).StreamAsync("go", new CallingContext { Model = "claude-x" }).AllAsync();

        ran.ShouldBe(0);
        upstream.Requests.Count.ShouldBe(1);
        events[^1].ShouldBeOfType<Completion>();
    }

    private static string Event(string data, string? name = null) => (name is null ? "" : $"event: {name}\n") + $"data: {data}\n\n";

    private static async Task<JsonObject> SecondRequestAsync(ProviderKind kind, string model, params string[] toolCall)
    {
        await using var upstream = FakeUpstream.Of(exchange => exchange.StreamAsync(toolCall), exchange => exchange.AnswerAsync(400, "{}"));
        var models = TestProviders.ModelsOf(TestProviders.Router(TestProviders.Setup(kind, upstream.Address)));
        var proxy = new MemoryProxy(models, functions: Answers.Registry(("weather", (string city) => $"sun in {city}")));

        var events = await proxy.StreamAsync("How is it?", new CallingContext { Model = model }).AllAsync();

        events.OfType<FunctionCallComplete>().Single().Result.ShouldBe("sun in Rome");
        events[^1].ShouldBeOfType<Completion>().FinalResponse.ShouldStartWith("Error: ");
        upstream.Requests.Count.ShouldBe(2);
        return JsonNode.Parse(upstream.Requests.Last().Body)!.AsObject();
    }
}
