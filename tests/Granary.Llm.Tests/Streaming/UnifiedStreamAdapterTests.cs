using System.Text;
using System.Text.Json;
using Granary.Llm.Streaming;
using static Granary.Llm.Tests.Streaming.Streams;

namespace Granary.Llm.Tests.Streaming;

public class UnifiedStreamAdapterTests
{
    [Theory]
    [InlineData(ChatDialect.OpenAIChat)]
    [InlineData(ChatDialect.OpenAIResponses)]
    [InlineData(ChatDialect.Anthropic)]
    [InlineData(ChatDialect.Gemini)]
    [InlineData(ChatDialect.Ollama)]
    public async Task A_stop_is_relayed_and_ends_the_stream_with_DONE(ChatDialect source)
    {
        var adapter = new UnifiedStreamAdapter(source);
        var data = Data(await ProcessAsync(adapter, Body(Text(source))));
        data[^1].ShouldBe("[DONE]");
        data[^2].ShouldContain("\"finish_reason\":\"stop\"");
        data.Count(d => d == "[DONE]").ShouldBe(1);
        data.ShouldNotContain(d => d.Contains("\"usage\""), "usage was not asked for");
        data.Where(d => d.StartsWith('{')).Select(Delta).Where(d => d is not null).ShouldBe(["", "Hel", "lo"]);
        adapter.Answer.Usage.ShouldBe(new ChatUsage(5, 2), "what comes after the stop is still read");
    }

    [Theory]
    [InlineData(ChatDialect.OpenAIChat)]
    [InlineData(ChatDialect.OpenAIResponses)]
    [InlineData(ChatDialect.Anthropic)]
    [InlineData(ChatDialect.Gemini)]
    [InlineData(ChatDialect.Ollama)]
    public async Task Tool_calls_become_announcements_one_chunk_and_usage_without_DONE(ChatDialect source)
    {
        var stream = await ProcessAsync(new UnifiedStreamAdapter(source), Body(Tools(source)));
        stream.ShouldContain("event: function_call\ndata: {\"name\":\"a\",\"arguments\":\"{\\\"x\\\":1}\"}\n\nevent: function_call\ndata: {\"name\":\"b\",\"arguments\":\"{}\"}\n\n");
        var data = Data(stream);
        data.ShouldNotContain("[DONE]");
        var chunk = JsonDocument.Parse(data[^2]).RootElement.GetProperty("choices")[0];
        chunk.GetProperty("finish_reason").GetString().ShouldBe("tool_calls");
        chunk.GetProperty("delta").GetProperty("tool_calls").GetRawText().ShouldBe(
            """[{"index":0,"id":"c1","type":"function","function":{"name":"a","arguments":"{\"x\":1}"}},{"index":1,"id":"c2","type":"function","function":{"name":"b","arguments":"{}"}}]""");
        data.Count(d => d.Contains("tool_calls")).ShouldBe(1);
        var usage = JsonDocument.Parse(data[^1]).RootElement;
        usage.GetProperty("choices").GetArrayLength().ShouldBe(0);
        usage.GetProperty("usage").GetProperty("prompt_tokens").GetInt32().ShouldBe(5);
        usage.GetProperty("usage").GetProperty("completion_tokens").GetInt32().ShouldBe(2);
        usage.GetProperty("usage").GetProperty("total_tokens").GetInt32().ShouldBe(7);
    }

    [Fact]
    public async Task Announcements_can_be_left_out() =>
        (await ProcessAsync(new UnifiedStreamAdapter(ChatDialect.Anthropic), Body(Tools(ChatDialect.Anthropic)), new StreamRelayOptions(EmitFunctionAnnouncements: false)))
            .ShouldNotContain("function_call\n");

    [Fact]
    public async Task Relayed_tool_pieces_make_the_same_calls_for_a_client_that_joins_them()
    {
        var stream = await ProcessAsync(
            new UnifiedStreamAdapter(ChatDialect.Anthropic), Body(Tools(ChatDialect.Anthropic)), new StreamRelayOptions(RelayToolUseEvents: true, EmitFunctionAnnouncements: false));
        stream.ShouldContain("""{"index":0,"function":{"arguments":"{\"x\""}}""");
        Collect(Read(ChatDialect.OpenAIChat, stream)).ToolCalls.Select(c => c.Arguments.GetRawText()).ShouldBe(["{\"x\":1}", "{}"]);
    }

    [Fact]
    public async Task Relayed_usage_comes_as_it_is_reported_and_before_DONE()
    {
        var data = Data(await ProcessAsync(new UnifiedStreamAdapter(ChatDialect.OpenAIChat), Body(Text(ChatDialect.OpenAIChat)), new StreamRelayOptions(RelayUsageEvents: true)));
        data[^2].ShouldContain("\"prompt_tokens\":5");
        data[^1].ShouldBe("[DONE]");
    }

    [Fact]
    public async Task A_source_that_is_done_without_a_reason_gives_usage_and_no_DONE()
    {
        var source = Write(ChatDialect.OpenAIChat, Start(), Content("a"), Usage(5, 2), Done);
        var data = Data(await ProcessAsync(new UnifiedStreamAdapter(ChatDialect.OpenAIChat), Body(source)));
        data.ShouldNotContain("[DONE]");
        data[^1].ShouldContain("\"total_tokens\":7");
    }

    [Fact]
    public async Task A_token_limit_among_tool_calls_ends_the_stream_with_the_calls_that_are_whole()
    {
        var source = Write(
            ChatDialect.Anthropic, Start(), CallStart(0, "c1", "a"), CallDelta(0, "{}"), CallComplete(0, "c1", "a", "{}"), CallStart(1, "c2", "b"), CallDelta(1, "{\"cut"),
            Stop(ChatFinish.Length), Done)
            .Replace("event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":1}\n\n", "");
        var data = Data(await ProcessAsync(new UnifiedStreamAdapter(ChatDialect.Anthropic), Body(source)));
        data[^2].ShouldContain("\"finish_reason\":\"length\"");
        data[^2].ShouldNotContain("c2");
        data[^1].ShouldBe("[DONE]");
    }

    [Theory]
    [InlineData(ChatDialect.OpenAIChat)]
    [InlineData(ChatDialect.Anthropic)]
    public async Task A_source_that_fails_gives_an_error_in_the_stream_and_keeps_the_partial_answer(ChatDialect source)
    {
        var adapter = new UnifiedStreamAdapter(source);
        var data = Data(await ProcessAsync(adapter, new BrokenStream(Write(source, Start(), Content("so far")), new IOException("reset"))));
        data[^1].ShouldBe("[DONE]");
        JsonDocument.Parse(data[^2]).RootElement.GetProperty("error").GetProperty("type").GetString().ShouldBe("streaming_error");
        adapter.Answer.Content.ShouldBe("so far");
        adapter.Answer.Error!.ShouldContain("reset");
        adapter.Answer.Finish.ShouldBe(ChatFinish.Unknown);
    }

    [Fact]
    public async Task A_failure_after_the_answer_is_whole_is_none()
    {
        var adapter = new UnifiedStreamAdapter(ChatDialect.OpenAIChat);
        await ProcessAsync(adapter, new BrokenStream(Write(ChatDialect.OpenAIChat, Start(), Content("all"), Stop(ChatFinish.Stop)), new IOException("reset")));
        (adapter.Answer.Error, adapter.Answer.Finish).ShouldBe((null, ChatFinish.Stop));
    }

    [Fact]
    public async Task Who_cancels_gets_an_exception_and_still_finds_the_partial_answer()
    {
        using var cancel = new CancellationTokenSource();
        var adapter = new UnifiedStreamAdapter(ChatDialect.OpenAIChat);
        await Should.ThrowAsync<OperationCanceledException>(async () =>
        {
            await foreach (var _ in adapter.ProcessStreamAsync(new BrokenStream(Write(ChatDialect.OpenAIChat, Start(), Content("so far")), null), cancellationToken: cancel.Token))
            {
                await cancel.CancelAsync();
            }
        });
        adapter.Answer.Content.ShouldBe("so far");
    }

    [Fact]
    public async Task Text_is_passed_on_before_the_source_sends_more()
    {
        var adapter = new UnifiedStreamAdapter(ChatDialect.Anthropic);
        await foreach (var piece in adapter.ProcessStreamAsync(new BrokenStream(Write(ChatDialect.Anthropic, Start(), Content("now")), null)))
        {
            Encoding.UTF8.GetString(piece.Span).ShouldContain("\"content\":\"now\"");
            return;
        }
    }

    [Fact]
    public async Task Anthropics_target_gets_whole_blocks_and_the_stop_reason_but_no_end_while_tools_run()
    {
        var stream = await ProcessAsync(
            new UnifiedStreamAdapter(ChatDialect.OpenAIChat, ChatDialect.Anthropic), Body(Tools(ChatDialect.OpenAIChat)), new StreamRelayOptions(EmitFunctionAnnouncements: false));
        stream.ShouldContain("\"stop_reason\":\"tool_use\"");
        stream.ShouldNotContain("message_stop");
        var answer = Collect(Read(ChatDialect.Anthropic, stream));
        answer.ToolCalls.Select(c => c.Name).ShouldBe(["a", "b"]);
        answer.Usage.ShouldBe(new ChatUsage(5, 2));
    }

    [Fact]
    public async Task Collect_gives_the_whole_answer_or_the_part_that_came()
    {
        var whole = await new UnifiedStreamAdapter(ChatDialect.Anthropic).CollectAsync(Body(Tools(ChatDialect.Anthropic)));
        (whole.Id, whole.Model, whole.Finish, whole.Error, whole.Usage).ShouldBe(("a1", "m", ChatFinish.ToolCalls, null, new ChatUsage(5, 2)));
        whole.ToolCalls.Count.ShouldBe(2);

        var part = await new UnifiedStreamAdapter(ChatDialect.OpenAIChat).CollectAsync(new BrokenStream(Write(ChatDialect.OpenAIChat, Start(), Content("so far")), new HttpRequestException("gone")));
        (part.Content, part.Finish).ShouldBe(("so far", ChatFinish.Unknown));
        part.Error!.ShouldContain("gone");
    }

    [Fact]
    public async Task An_adapter_is_for_one_stream()
    {
        var adapter = new UnifiedStreamAdapter(ChatDialect.OpenAIChat);
        await adapter.CollectAsync(Body(""));
        await Should.ThrowAsync<InvalidOperationException>(() => adapter.CollectAsync(Body("")));
    }

    private static string Text(ChatDialect dialect) => Write(dialect, Start(), Content("Hel"), Content("lo"), Usage(5, 2), Stop(ChatFinish.Stop), Done);

    private static string Tools(ChatDialect dialect) => Write(
        dialect, Start(), Content("Hm"), CallStart(0, "c1", "a"), CallDelta(0, "{\"x\""), CallDelta(0, ":1}"), CallComplete(0, "c1", "a", "{\"x\":1}"), CallStart(1, "c2", "b"),
        CallDelta(1, "{}"), CallComplete(1, "c2", "b", "{}"), Usage(5, 2), Stop(ChatFinish.ToolCalls), Done);

    private static string? Delta(string chunk) =>
        JsonDocument.Parse(chunk).RootElement.GetProperty("choices")[0].GetProperty("delta").TryGetProperty("content", out var content) ? content.GetString() : null;

    /// <summary>Gives its text, then fails, or waits for ever.</summary>
    private sealed class BrokenStream(string text, Exception? failure) : MemoryStream(Encoding.UTF8.GetBytes(text))
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (Position < Length)
            {
                return Read(buffer.Span);
            }

            if (failure is not null)
            {
                throw failure;
            }

            await Task.Delay(Timeout.Infinite, cancellationToken);
            return 0;
        }
    }
}
