using Granary.Llm.Streaming;
using static Granary.Llm.Tests.Streaming.Streams;

namespace Granary.Llm.Tests.Streaming;

/// <summary>How streams end that end oddly: clients are told once, and why.</summary>
public class StreamEndTests
{
    private const string Call = """data: {"id":"x","model":"m","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"c","function":{"name":"a","arguments":"{}"}}]}}]}""" + "\n\n";

    private const string Text = """data: {"id":"x","model":"m","choices":[{"index":0,"delta":{"content":"a"}}]}""" + "\n\n";

    private const string Stopped = """data: {"id":"x","model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}""" + "\n\n";

    private const string End = "data: [DONE]\n\n";

    [Fact]
    public void An_end_without_a_reason_gets_the_one_that_the_answer_shows()
    {
        Read(ChatDialect.OpenAIChat, Text + End).Select(e => e.Kind).ShouldBe([StreamEventKind.Start, StreamEventKind.Content, StreamEventKind.Stop, StreamEventKind.Done]);
        Collect(Read(ChatDialect.OpenAIChat, Text + End)).Finish.ShouldBe(ChatFinish.Stop);
        Collect(Read(ChatDialect.OpenAIChat, Call + End)).Finish.ShouldBe(ChatFinish.ToolCalls);
    }

    [Fact]
    public void Clients_of_other_dialects_are_told_the_reason_that_nobody_told()
    {
        Write(ChatDialect.Anthropic, [.. Read(ChatDialect.OpenAIChat, Call + End)]).ShouldContain("\"stop_reason\":\"tool_use\"");
        var claude = Write(ChatDialect.Anthropic, Start(), Content("a")) + "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";
        Write(ChatDialect.OpenAIChat, [.. Read(ChatDialect.Anthropic, claude)]).ShouldContain("\"finish_reason\":\"stop\"");
    }

    [Theory]
    [InlineData("data: {broken\n\n")]
    [InlineData("data: {\"error\":{\"message\":\"late\"}}\n\n")]
    [InlineData(Text)]
    public async Task Nothing_follows_the_end_of_the_stream(string late)
    {
        var stream = await ProcessAsync(new UnifiedStreamAdapter(ChatDialect.OpenAIChat), Body(Text + Stopped + late));
        stream.ShouldEndWith(End);
        Data(stream).Count(d => d == "[DONE]").ShouldBe(1);
        stream.ShouldNotContain("\"error\"");
    }

    [Fact]
    public void What_cannot_be_read_after_the_answer_was_whole_is_no_failure_of_it()
    {
        var answer = Collect(Read(ChatDialect.OpenAIChat, Text + Stopped + "data: {broken\n\n"));
        (answer.Content, answer.Finish, answer.Error).ShouldBe(("a", ChatFinish.Stop, null));
    }

    [Theory]
    [InlineData("""{"error":{"code":502,"message":"Provider disconnected"},"choices":[{"index":0,"delta":{"content":""},"finish_reason":"error"}],"usage":{"prompt_tokens":1,"completion_tokens":2}}""")]
    [InlineData("""{"usage":{"prompt_tokens":1,"completion_tokens":2},"choices":[{"index":0,"delta":{"content":""},"finish_reason":"error"}],"error":{"code":502,"message":"Provider disconnected"}}""")]
    [InlineData("""{"choices":[{"index":0,"delta":{"content":""},"finish_reason":"error","error":{"code":502,"message":"Provider disconnected"}}],"usage":{"prompt_tokens":1,"completion_tokens":2}}""")]
    public void OpenRouters_error_is_told_in_its_words_and_last(string chunk)
    {
        var events = Read(ChatDialect.OpenAIChat, $"{Text}data: {chunk}\n\n{End}");
        events[^1].ShouldBe(Error("Provider disconnected"));
        events[^2].ShouldBe(Usage(1, 2));
        events.Count(e => e.Kind is StreamEventKind.Error or StreamEventKind.Done).ShouldBe(1);
    }

    [Fact]
    public void Magistrals_thoughts_reach_an_OpenAI_client_in_OpenAIs_form()
    {
        const string source = """data: {"id":"x","model":"m","choices":[{"index":0,"delta":{"content":[{"type":"thinking","thinking":[{"type":"text","text":"Hm"}]}]}}]}""" + "\n\n"
            + """data: {"id":"x","model":"m","choices":[{"index":0,"delta":{"content":"Yes"},"finish_reason":"model_length"}]}""" + "\n\n" + End;
        var relayed = Write(ChatDialect.OpenAIChat, [.. Read(ChatDialect.Mistral, source)]);
        relayed.ShouldNotContain("\"content\":[");
        relayed.ShouldContain("\"reasoning_content\":\"Hm\"");
        relayed.ShouldContain("\"finish_reason\":\"length\"");
    }

    [Theory]
    [InlineData("""{"choices":[{"index":0,"delta":{"content":"TEXT"}}]}""")]
    [InlineData("""{"choices":[{"index":0,"delta":{"reasoning":"TEXT"}}]}""")]
    [InlineData("""{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"TEXT"}}]}}]}""")]
    public void An_answer_that_never_ends_is_refused_before_it_fills_the_memory(string chunk)
    {
        var bytes = System.Text.Encoding.UTF8.GetBytes("data: " + chunk.Replace("TEXT", new string('a', 1 << 20)) + "\n\n");
        var adapter = ProtocolAdapterFactory.Create(ChatDialect.OpenAIChat);
        var events = new List<StreamEvent>();
        var count = 0;
        while (count < 80 && events is not [{ Kind: StreamEventKind.Error }])
        {
            events.Clear();
            adapter.Read(bytes, events);
            count++;
        }

        count.ShouldBeInRange(30, 66);
        events[^1].Text!.ShouldContain("MiB");
    }
}
