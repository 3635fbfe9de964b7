using System.Text;
using Granary.Llm.Streaming;
using static Granary.Llm.Tests.Streaming.Streams;

namespace Granary.Llm.Tests.Streaming;

public class RecordedStreamsTests
{
    public static TheoryData<string> Names => [.. Recorded.All.Keys];

    [Fact]
    public void OpenAI_text() => Read(ChatDialect.OpenAIChat, Recorded.OpenAIText).ShouldBe(
    [
        Start("chatcmpl-9lM", "gpt-4o-mini-2024-07-18"),
        Content("Grüße"),
        Content(" 😀\n\"x\""),
        Stop(ChatFinish.Stop),
        new StreamEvent(StreamEventKind.Usage, Usage: new ChatUsage(20, 9, 8, 0, 3)),
        Done,
    ]);

    [Fact]
    public void OpenAI_parallel_tools() => Read(ChatDialect.OpenAIChat, Recorded.OpenAITools).ShouldBe(
    [
        Start("chatcmpl-T", "gpt-4o"),
        CallStart(0, "call_A", "get_weather"),
        CallDelta(0, "{\"city\": \"Pa"),
        CallDelta(0, "ris\"}"),
        CallStart(1, "call_B", "get_time"),
        CallDelta(1, "{}"),
        CallComplete(0, "call_A", "get_weather", "{\"city\": \"Paris\"}"),
        CallComplete(1, "call_B", "get_time", "{}"),
        Stop(ChatFinish.ToolCalls),
        Usage(80, 30),
        Done,
    ]);

    [Fact]
    public void Azures_order_of_properties_and_empty_head_do_not_matter_and_other_choices_are_left_out() =>
        Read(ChatDialect.OpenAIChat, Recorded.Azure).ShouldBe([Start("chatcmpl-AZ", "gpt-4o-2024-11-20"), Content("Hi"), Stop(ChatFinish.ContentFilter), Done]);

    [Fact]
    public void Mistrals_lists_of_parts() => Read(ChatDialect.Mistral, Recorded.MistralThinking).ShouldBe(
        [Start("m1", "magistral-medium-latest"), Reasoning("Hm"), Content("Yes"), Stop(ChatFinish.Length), Usage(4, 2), Done]);

    [Fact]
    public void Anthropic_thinking_text_and_parallel_tools() => Read(ChatDialect.Anthropic, Recorded.ClaudeTools).ShouldBe(
    [
        Start("msg_014p", "claude-sonnet-4-5", new ChatUsage(1572, 2, 1000, 100)),
        Reasoning("I need the weather."),
        new StreamEvent(
            StreamEventKind.Signature,
            """{"type":"thinking","thinking":"I need the weather.","signature":"EqQBCgIYAhIM1gbcDa9GJwZA2b3h"}""",
            Id: "EqQBCgIYAhIM1gbcDa9GJwZA2b3h",
            Name: "Anthropic"),
        Content("Let's check"),
        Content(" München:"),
        CallStart(0, "toolu_01", "get_weather"),
        CallDelta(0, "{\"location\":"),
        CallDelta(0, " \"Mün"),
        CallDelta(0, "chen\"}"),
        CallComplete(0, "toolu_01", "get_weather", "{\"location\": \"München\"}"),
        CallStart(1, "toolu_02", "get_time"),
        Usage(0, 89),
        CallDelta(1, "{}"),
        CallComplete(1, "toolu_02", "get_time", "{}"),
        Stop(ChatFinish.ToolCalls),
        Done,
    ]);

    [Fact]
    public void Anthropics_own_tools_are_no_tool_calls() => Read(ChatDialect.Anthropic, Recorded.ClaudeSearch).ShouldBe(
        [Start("msg_01G", "claude-opus-4-1", new ChatUsage(2679, 3)), Content("It is mild."), Usage(10682, 510), Stop(ChatFinish.Stop), Done]);

    [Fact]
    public void Gemini_thoughts_text_and_usage()
    {
        var events = Read(ChatDialect.Gemini, Recorded.Gemini);
        events.Where(e => e.Kind != StreamEventKind.Usage).ShouldBe(
        [
            Start("4rZ0", "gemini-2.5-flash"), Reasoning("**Thinking**"), Content("It is 18 °C"), Content(" in München."), Stop(ChatFinish.Stop), Done,
        ]);
        Collect(events).Usage.ShouldBe(new ChatUsage(10, 38, 6, 0, 30));
    }

    [Fact]
    public void Gemini_tools_get_ids_and_the_finish_that_OpenAI_has_for_them()
    {
        var answer = Collect(Read(ChatDialect.Gemini, Recorded.GeminiTools));
        answer.ToolCalls.Select(c => (c.Name, c.Arguments.GetRawText())).ShouldBe([("get_weather", """{"city": "München","days": [1,2]}"""), ("get_time", "{}")]);
        answer.ToolCalls.ShouldAllBe(c => c.Id.StartsWith("call_"));
        answer.ToolCalls.Select(c => c.Id).ShouldBeUnique();
        answer.Finish.ShouldBe(ChatFinish.ToolCalls);
    }

    [Fact]
    public void OpenAI_responses() => Read(ChatDialect.OpenAIResponses, Recorded.Responses).ShouldBe(
    [
        Start("resp_67c9", "gpt-5-2025-08-07"),
        Reasoning("Two steps."),
        Content("Let me"),
        Content(" look ☂"),
        CallStart(0, "call_1", "get_weather"),
        CallDelta(0, "{\"city\":"),
        CallDelta(0, "\"Oslo\"}"),
        CallComplete(0, "call_1", "get_weather", "{\"city\":\"Oslo\"}"),
        new StreamEvent(StreamEventKind.Usage, Usage: new ChatUsage(37, 11, 12, 0, 5)),
        Stop(ChatFinish.ToolCalls),
        Done,
    ]);

    [Fact]
    public void Ollama_lines()
    {
        var answer = Collect(Read(ChatDialect.Ollama, Recorded.Ollama));
        (answer.Model, answer.Reasoning, answer.Content, answer.Finish, answer.Usage).ShouldBe(("qwen3", "Well", "Höchstens", ChatFinish.ToolCalls, new ChatUsage(169, 15)));
        answer.ToolCalls.ShouldHaveSingleItem().Arguments.GetRawText().ShouldBe("""{"city":"Tokyo"}""");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Fragments_of_every_size_give_the_same_events(string name)
    {
        var (dialect, stream) = Recorded.All[name];
        foreach (var text in new[] { stream, stream.Replace("\n", "\r\n") })
        {
            var bytes = Encoding.UTF8.GetBytes(text);
            var whole = Normal(Read(dialect, bytes, int.MaxValue));
            for (var size = 1; size < 100; size++)
            {
                Normal(Read(dialect, bytes, size)).ShouldBe(whole, $"in fragments of {size}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_stream_cut_at_any_byte_keeps_what_came_and_says_that_it_broke_off(string name)
    {
        var (dialect, stream) = Recorded.All[name];
        var bytes = Encoding.UTF8.GetBytes(stream);
        var whole = Normal(Read(dialect, bytes, int.MaxValue));
        for (var length = 0; length <= bytes.Length; length++)
        {
            var events = Normal(Read(dialect, bytes.AsSpan(0, length), int.MaxValue));
            var error = events.FindIndex(e => e.Kind == StreamEventKind.Error);
            if (error >= 0)
            {
                error.ShouldBe(events.Count - 1, $"cut at {length}");
                events[..error].ShouldBe(whole[..error], $"cut at {length}");
                events[..error].ShouldNotContain(e => e.Kind == StreamEventKind.Stop);
            }
            else
            {
                // The answer itself was over; at most its usage is missing.
                events.Where(e => e.Kind != StreamEventKind.Usage).ShouldBe(whole.Where(e => e.Kind != StreamEventKind.Usage), $"cut at {length}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Text_is_told_with_the_last_byte_of_its_event(string name)
    {
        var (dialect, stream) = Recorded.All[name];
        var end = dialect == ChatDialect.Ollama ? "\n" : "\n\n";
        var adapter = ProtocolAdapterFactory.Create(dialect);
        var told = new List<StreamEvent>();
        var position = 0;
        while (position < stream.Length)
        {
            var next = stream.IndexOf(end, position, StringComparison.Ordinal) + end.Length;
            next = next < end.Length ? stream.Length : next;
            adapter.Read(Encoding.UTF8.GetBytes(stream[position..next]), told);
            position = next;
            Normal(Read(dialect, stream[..position])).Where(e => e.Kind == StreamEventKind.Content)
                .ShouldBe(Normal(told).Where(e => e.Kind == StreamEventKind.Content));
        }
    }

    /// <summary>Without what is made anew at each reading.</summary>
    private static List<StreamEvent> Normal(IEnumerable<StreamEvent> events) =>
        [.. events.Select(e => e.Id is not null && (e.Id.Length > 32) ? e with { Id = e.Id[..^32] } : e)];
}
