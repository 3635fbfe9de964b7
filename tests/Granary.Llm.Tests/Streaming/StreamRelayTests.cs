using System.Buffers;
using System.Text;
using Granary.Llm.Streaming;
using static Granary.Llm.Tests.Streaming.Streams;

namespace Granary.Llm.Tests.Streaming;

public class StreamRelayTests
{
    public static TheoryData<string> Names => [.. Recorded.All.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Between_equal_dialects_every_event_is_copied_as_it_is(string name)
    {
        var (dialect, stream) = Recorded.All[name];
        for (var size = 1; size < 50; size++)
        {
            Relay(new StreamRelay(dialect, dialect), stream, size).Trim().ShouldBe(stream.Trim());
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_dialect_reaches_every_client_as_the_same_answer(string name)
    {
        var (dialect, stream) = Recorded.All[name];
        var expected = Collect(Read(dialect, stream));
        foreach (var target in Enum.GetValues<ChatDialect>())
        {
            var relay = new StreamRelay(dialect, target);
            var answer = Collect(Read(target, Relay(relay, stream, 64)));
            answer.Content.ShouldBe(expected.Content);
            answer.Reasoning.ShouldBe(expected.Reasoning);
            answer.ToolCalls.Select(c => c.Name).ShouldBe(expected.ToolCalls.Select(c => c.Name));
            (answer.Usage?.OutputTokens ?? 0).ShouldBe(expected.Usage?.OutputTokens ?? 0);
            relay.Answer.ToResponse().Content.ShouldBe(expected.Content);
        }
    }

    [Theory]
    [InlineData(ChatDialect.OpenAIChat)]
    [InlineData(ChatDialect.Anthropic)]
    public void The_end_is_not_told_before_it_is_asked_for(ChatDialect target)
    {
        var relay = new StreamRelay(ChatDialect.Anthropic, target);
        var output = new ArrayBufferWriter<byte>();
        relay.Read(Encoding.UTF8.GetBytes(Recorded.ClaudeTools), output);
        relay.IsOver.ShouldBeTrue();
        var before = Encoding.UTF8.GetString(output.WrittenSpan);
        before.ShouldNotContain("[DONE]");
        before.ShouldNotContain("message_stop");
        relay.WriteEnd(output);
        Encoding.UTF8.GetString(output.WrittenSpan)[before.Length..].ShouldContain(target == ChatDialect.Anthropic ? "message_stop" : "[DONE]");
    }

    [Theory]
    [InlineData(ChatDialect.OpenAIChat, nameof(Recorded.OpenAITools))]
    [InlineData(ChatDialect.Anthropic, nameof(Recorded.ClaudeTools))]
    public void Usage_that_an_OpenAI_client_did_not_ask_for_is_left_out_and_still_known(ChatDialect source, string name)
    {
        var relay = new StreamRelay(source, ChatDialect.OpenAIChat, showUsage: false);
        var stream = Relay(relay, Recorded.All[name].Stream, 100);
        stream.ShouldNotContain("\"usage\":{");
        stream.ShouldEndWith("data: [DONE]\n\n");
        relay.Answer.Usage!.OutputTokens.ShouldBeGreaterThan(0);
    }

    [Theory]
    [InlineData(ChatDialect.OpenAIChat)]
    [InlineData(ChatDialect.OpenAIResponses)]
    [InlineData(ChatDialect.Anthropic)]
    [InlineData(ChatDialect.Gemini)]
    [InlineData(ChatDialect.Ollama)]
    public void A_source_that_breaks_off_inside_an_event_is_an_error_behind_whole_events(ChatDialect dialect)
    {
        var stream = Write(dialect, Start(), Content("so far"), Content("lost"));
        foreach (var target in Enum.GetValues<ChatDialect>())
        {
            var relay = new StreamRelay(dialect, target);
            var answer = Collect(Read(target, Relay(relay, stream[..^9], 10)));
            (answer.Content, answer.Finish).ShouldBe(("so far", ChatFinish.Unknown));
            answer.Error!.ShouldContain("broke off");
            relay.Answer.ToResponse().Error!.ShouldContain("broke off");
        }
    }

    [Fact]
    public void A_providers_own_error_is_copied()
    {
        const string error = "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n";
        var stream = Write(ChatDialect.Anthropic, Start(), Content("a"));
        Relay(new StreamRelay(ChatDialect.Anthropic, ChatDialect.Anthropic), stream + error, 7).ShouldBe(stream + error);
        Relay(new StreamRelay(ChatDialect.Anthropic, ChatDialect.OpenAIChat), stream + error, 7).ShouldContain("{\"error\":{\"message\":\"Overloaded\"");
    }

    [Fact]
    public void A_last_event_without_its_blank_line_still_reaches_the_client()
    {
        var stream = Write(ChatDialect.Gemini, Start(), Content("a"), Stop(ChatFinish.Stop), Done);
        Relay(new StreamRelay(ChatDialect.Gemini, ChatDialect.Gemini), stream.TrimEnd(), 7).ShouldBe(stream);
    }

    [Fact]
    public void A_lacking_end_mark_is_added()
    {
        var stream = Write(ChatDialect.OpenAIChat, Start(), Content("a"), Stop(ChatFinish.Stop));
        Relay(new StreamRelay(ChatDialect.OpenAIChat, ChatDialect.OpenAIChat), stream, 7).ShouldBe(stream + "data: [DONE]\n\n");
    }

    internal static string Relay(StreamRelay relay, string stream, int size)
    {
        var output = new ArrayBufferWriter<byte>();
        foreach (var piece in Encoding.UTF8.GetBytes(stream).Chunk(size))
        {
            relay.Read(piece, output);
        }

        if (!relay.IsOver)
        {
            relay.End(output);
        }

        relay.WriteEnd(output);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
