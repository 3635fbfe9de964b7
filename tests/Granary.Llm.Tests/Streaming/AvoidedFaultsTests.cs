using Granary.Llm.Streaming;
using static Granary.Llm.Tests.Streaming.Streams;

namespace Granary.Llm.Tests.Streaming;

/// <summary>The faults of an earlier system that the specification of the proxy, section 5, lists as to be avoided.</summary>
public class AvoidedFaultsTests
{
    [Fact]
    public async Task Avoided_Anthropics_stop_reason_and_usage_never_reached_the_adapter()
    {
        var adapter = new UnifiedStreamAdapter(ChatDialect.Anthropic);
        var data = Data(await ProcessAsync(adapter, Body(Recorded.ClaudeTools)));
        data[^2].ShouldContain("\"finish_reason\":\"tool_calls\"");
        data[^1].ShouldContain("\"prompt_tokens\":1572,\"completion_tokens\":89,\"total_tokens\":1661");
        (adapter.Answer.Finish, adapter.Answer.Usage).ShouldBe((ChatFinish.ToolCalls, new ChatUsage(1572, 89, 1000, 100)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Avoided_input_json_delta_was_unreachable_in_one_path_and_arguments_were_lost(bool relayed)
    {
        var adapter = new UnifiedStreamAdapter(ChatDialect.Anthropic);
        var stream = await ProcessAsync(adapter, Body(Recorded.ClaudeTools), new StreamRelayOptions(relayed, EmitFunctionAnnouncements: false));
        adapter.Answer.ToolCalls[0].Arguments.GetProperty("location").GetString().ShouldBe("München");
        Collect(Read(ChatDialect.OpenAIChat, stream)).ToolCalls[0].Arguments.GetProperty("location").GetString().ShouldBe("München");
    }

    [Theory]
    [InlineData(nameof(Recorded.OpenAITools))]
    [InlineData(nameof(Recorded.ClaudeTools))]
    [InlineData(nameof(Recorded.GeminiTools))]
    public void Avoided_parallel_tools_collided_under_index_0(string name)
    {
        var (dialect, stream) = Recorded.All[name];
        var events = Read(dialect, stream);
        events.Where(e => e.Kind == StreamEventKind.ToolCallStart).Select(e => e.Index).ShouldBe([0, 1]);
        Collect(events).ToolCalls.Select(c => c.Name).ShouldBe(["get_weather", "get_time"]);
    }

    [Fact]
    public void Avoided_reading_returned_after_the_first_tool_delta_of_a_chunk()
    {
        var answer = Collect(Read(
            ChatDialect.OpenAIChat,
            """
            data: {"id":"x","model":"m","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{"}},{"index":1,"id":"b","function":{"name":"g","arguments":"{"}}],"content":"text"},"finish_reason":null}]}

            data: {"id":"x","model":"m","choices":[{"index":0,"delta":{"tool_calls":[{"index":1,"function":{"arguments":"}"}},{"index":0,"function":{"arguments":"}"}}]},"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":1,"completion_tokens":2}}


            """));
        answer.ToolCalls.Select(c => (c.Id, c.Arguments.GetRawText())).ShouldBe([("a", "{}"), ("b", "{}")]);
        (answer.Content, answer.Finish, answer.Usage).ShouldBe(("text", ChatFinish.ToolCalls, new ChatUsage(1, 2)));
    }
}
