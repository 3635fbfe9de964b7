using System.Text.Json.Nodes;
using Granary.Http.Proxy;

namespace Granary.Http.Tests.Proxy;

/// <summary>What is stored, however clients repeat themselves, race each other or send what a session does not take.</summary>
public sealed class StoreTests : ProxyTest
{
    [Fact]
    public async Task A_repeat_with_the_same_key_does_not_double_whatever_came_in_between()
    {
        await AskAsync("s", "u:Zero");
        (string, string)[] key = [("X-Session-ID", "s"), ("Idempotency-Key", "k1")];
        await Api.PostAsync("/v1/chat/completions", Texts.Ask("u:One"), key);
        Upstream.Always(Texts.Chat("Otherwise."));
        await Api.PostAsync("/v1/chat/completions", Texts.Ask("u:One"), key);
        (await ViewAsync("s")).ShouldBe(["u:Zero", "a:Understood.", "u:One", "a:Otherwise."]);

        await AskAsync("s", "u:Two");
        var late = await Api.PostAsync("/v1/chat/completions", Texts.Ask("u:One"), key);
        late.ShouldBe(200).Header("X-Granary-Stored").ShouldBeNull();
        (await ViewAsync("s")).ShouldBe(["u:Zero", "a:Understood.", "u:One", "a:Otherwise.", "u:Two", "a:Otherwise."]);
    }

    [Fact]
    public async Task Another_question_under_a_used_key_is_never_taken_for_stored()
    {
        (string, string)[] key = [("X-Session-ID", "s"), ("Idempotency-Key", "k1")];
        (await Api.PostAsync("/v1/chat/completions", Texts.Ask("u:One"), key)).ShouldBe(200);

        (await Api.PostAsync("/v1/chat/completions", Texts.Ask("u:Two"), key)).ShouldBe(409)["error"]!["code"]!.GetValue<string>().ShouldBe("idempotency_key_reused");

        (await ViewAsync("s")).ShouldBe(["u:One", "a:Understood."]);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    [InlineData(false, true)]
    public async Task The_same_question_twice_at_once_is_one_turn(bool first, bool keyed)
    {
        if (!first)
        {
            await AskAsync("s", "u:Zero");
        }

        // Both look at the session before either of them stores.
        var (calls, appends) = (0, 0);
        var both = new TaskCompletionSource();
        Cluster.Before = call =>
        {
            if (call != "append" || Interlocked.Increment(ref appends) is var number && number > 2)
            {
                return Task.CompletedTask;
            }

            if (number == 2)
            {
                both.SetResult();
            }

            return both.Task.WaitAsync(TimeSpan.FromSeconds(20));
        };
        Upstream.Answer = (context, _) => ScriptedUpstream.Json(context, 200, Texts.Chat($"Answer {Interlocked.Increment(ref calls)}."));

        var asked = Enumerable.Range(0, 2).Select(number => Api.PostAsync(
            "/v1/chat/completions", Texts.Ask("u:One"), keyed ? [("X-Session-ID", "s"), ("Idempotency-Key", $"k{number}")] : [("X-Session-ID", "s")]));
        foreach (var answer in await Task.WhenAll(asked))
        {
            answer.ShouldBe(200);
        }

        var view = await ViewAsync("s");
        view.Length.ShouldBe(first ? 2 : 4, string.Join(" | ", view));
        view[^2].ShouldBe("u:One");
    }

    [Fact]
    public async Task Different_questions_at_once_are_all_stored_whole()
    {
        var asked = Enumerable.Range(0, 8).Select(number => AskAsync("s", $"u:Question {number}"));
        foreach (var answer in await Task.WhenAll(asked))
        {
            answer.ShouldBe(200);
        }

        var view = await ViewAsync("s");
        var history = await HistoryAsync("s");
        history.Length.ShouldBe(16, string.Join(" | ", view));
        history.Where(message => message.Role == MessageRole.User).Select(message => message.Content).Order().ShouldBe(Enumerable.Range(0, 8).Select(n => $"Question {n}"));
        for (var turn = 0; turn < 8; turn++)
        {
            (history[2 * turn].Role, history[(2 * turn) + 1].Role).ShouldBe((MessageRole.User, MessageRole.Assistant));
        }
    }

    [Fact]
    public async Task A_long_history_is_stored_in_parts_and_the_turn_after_it_as_one()
    {
        var said = Enumerable.Range(0, 130).SelectMany(turn => new[] { $"u:Question {turn}", $"a:Answer {turn}" }).Append("u:Last").ToArray();

        var answer = (await AskAsync("s", said)).ShouldBe(200);

        answer.Header("X-Granary-Stored").ShouldBe("261-262");
        (await HistoryAsync("s")).Length.ShouldBe(262);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task A_history_whose_storing_breaks_off_is_completed_when_it_is_sent_again(int failing)
    {
        string[] said = [.. Enumerable.Range(0, 130).SelectMany(turn => new[] { $"u:Question {turn}", "a:Understood." }), "u:Last"];
        FailAt(failing);
        (await AskAsync("s", said)).ShouldBe(503);
        (await ExistsAsync("s")).ShouldBe(failing > 1);

        (await AskAsync("s", said)).ShouldBe(200);

        (await HistoryAsync("s")).Select(message => message.Content)
            .ShouldBe([.. said.Select(text => text[2..]), "Understood."]);
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(2, true)]
    [InlineData(1, false)]
    [InlineData(2, false)]
    public async Task A_turn_whose_storing_breaks_off_is_completed_when_it_is_asked_again(int failing, bool historyResent)
    {
        var ids = Enumerable.Range(0, 110).Select(number => $"call_{number}").ToArray();
        Upstream.Always(new JsonObject { ["id"] = "chatcmpl-1", ["model"] = "gpt-4o", ["choices"] = new JsonArray(new JsonObject { ["message"] = Asking(ids), ["finish_reason"] = "tool_calls" }) }.ToJsonString());
        (await AskAsync("s", "u:What time is it?")).ShouldBe(200);
        Upstream.Always(Texts.Chat("Noon."));
        JsonNode[] history = historyResent ? [Question(), Asking(ids)] : [];
        var body = new JsonObject { ["model"] = "gpt-4o", ["messages"] = new JsonArray([.. history, .. Results(ids)]) }.ToJsonString();
        FailAt(failing);
        (await Api.PostAsync("/v1/chat/completions", body, ("X-Session-ID", "s"))).ShouldBe(503);

        (await Api.PostAsync("/v1/chat/completions", body, ("X-Session-ID", "s"))).ShouldBe(200);

        var stored = await HistoryAsync("s");
        stored.Select(message => message.ToolCallId).ShouldBe([null, null, .. ids, null]);
        stored[^1].Content.ShouldBe("Noon.");
        stored.ShouldAllBe(message => !message.Superseded);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task An_answer_made_anew_that_needs_several_appends_leaves_the_old_one_in_the_view(int failing)
    {
        await AskAsync("s", "u:Zero");
        var ids = Enumerable.Range(0, 110).Select(number => $"call_{number}").ToArray();
        var body = new JsonObject { ["model"] = "gpt-4o", ["messages"] = new JsonArray([Question(), Asking(ids), .. Results(ids)]) }.ToJsonString();
        Upstream.Always(Texts.Chat("The old one."));
        (await Api.PostAsync("/v1/chat/completions", body, ("X-Session-ID", "s"))).ShouldBe(200);
        Upstream.Always(Texts.Chat("The new one."));
        FailAt(failing);
        (await Api.PostAsync("/v1/chat/completions", body, ("X-Session-ID", "s"))).ShouldBe(503);
        (await HistoryAsync("s")).ShouldContain(message => message.Content == "The old one." && !message.Superseded);

        (await Api.PostAsync("/v1/chat/completions", body, ("X-Session-ID", "s"))).ShouldBe(200);
        (await HistoryAsync("s"))[^1].Content.ShouldBe("The new one.");
    }

    private static JsonObject Question() => new() { ["role"] = "user", ["content"] = "What time is it?" };

    private static JsonObject Asking(IEnumerable<string> ids) => new()
    {
        ["role"] = "assistant",
        ["content"] = null,
        ["tool_calls"] = new JsonArray([.. ids.Select(id => (JsonNode)new JsonObject
        {
            ["id"] = id, ["type"] = "function", ["function"] = new JsonObject { ["name"] = "clock", ["arguments"] = "{}" },
        })]),
    };

    private static IEnumerable<JsonNode> Results(IEnumerable<string> ids) =>
        ids.Select(id => new JsonObject { ["role"] = "tool", ["tool_call_id"] = id, ["content"] = "noon" });

    /// <summary>Has one append fail.</summary>
    private void FailAt(int failing)
    {
        var appends = 0;
        Cluster.Before = call => call == "append" && ++appends == failing
            ? throw new UnavailableException(ErrorCodes.StorageUnavailable, "The store sleeps.", TimeSpan.FromSeconds(1))
            : Task.CompletedTask;
    }

    [Fact]
    public async Task A_picture_too_large_to_be_stored_is_relayed_and_leaves_a_mark()
    {
        var picture = "data:image/png;base64," + new string('A', 400_000);
        var body = $$$"""{"model":"gpt-4o","messages":[{"role":"user","content":[{"type":"text","text":"What is this?"},{"type":"image_url","image_url":{"url":"{{{picture}}}"}}]}]}""";

        (await Api.PostAsync("/v1/chat/completions", body, ("X-Session-ID", "s"))).ShouldBe(200);

        Upstream.Last.Text.ShouldContain(picture);
        var stored = (await HistoryAsync("s"))[0];
        stored.Content.ShouldBe("What is this?");
        stored.Media!.Single().Url.ShouldStartWith("urn:granary:omitted:");
        stored.Media!.Single().Description!.ShouldContain("image/png");

        await AskAsync("s", "u:And now?");
        Upstream.Last.Text.ShouldNotContain("urn:granary");
        Upstream.Last.Text.ShouldContain("image not stored");

        await Api.PostAsync("/v1/chat/completions", body.Replace("]}]}", """]},{"role":"assistant","content":"Understood."},{"role":"user","content":"Well?"}]}"""), ("X-Session-ID", "t"));
        (await HistoryAsync("t")).Length.ShouldBe(4);
    }

    [Fact]
    public async Task A_small_picture_is_stored_and_goes_up_again()
    {
        const string Picture = "data:image/png;base64,iVBORw0KGgo=";
        var body = $$$"""{"model":"gpt-4o","messages":[{"role":"user","content":[{"type":"text","text":"What is this?"},{"type":"image_url","image_url":{"url":"{{{Picture}}}"}}]}]}""";
        await Api.PostAsync("/v1/chat/completions", body, ("X-Session-ID", "s"));
        await AskAsync("s", "u:And now?");

        Upstream.Last.Text.ShouldContain(Picture);
        await Api.PostAsync("/v1/chat/completions", body.Replace("]}]}", """]},{"role":"assistant","content":"Understood."},{"role":"user","content":"And now?"},{"role":"assistant","content":"Understood."},{"role":"user","content":"Well?"}]}"""), ("X-Session-ID", "s"));
        (await ViewAsync("s")).Length.ShouldBe(6);
    }

    [Fact]
    public async Task A_text_too_large_to_be_stored_is_cut_and_known_again()
    {
        var text = "begin " + string.Concat(Enumerable.Repeat("äö €", 100_000)) + " end";
        Upstream.Always(Texts.Chat(new string('y', 300_000)));
        (await AskAsync("s", "u:" + text)).ShouldBe(200).Text.Length.ShouldBeGreaterThan(300_000);
        (await AskAsync("s", "u:" + text, "a:" + new string('y', 300_000), "u:Two")).ShouldBe(200);

        // Not the view: texts this long are soon folded.
        var history = await HistoryAsync("s");
        history.Length.ShouldBe(4);
        history[0].Content.ShouldStartWith("begin ");
        history[0].Content.ShouldEndWith(" end");
        history[0].Content.ShouldContain("cut to be stored");
    }

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    public async Task An_answer_that_says_nothing_leaves_the_question(string text)
    {
        Upstream.Always(Texts.Chat(text));
        (await AskAsync("s", "u:Hi")).ShouldBe(200);
        (await ViewAsync("s")).ShouldBe(["u:Hi"]);
        Upstream.Always(Texts.Chat("Now."));
        await AskAsync("s", "u:Hi");

        (await ViewAsync("s")).ShouldBe(["u:Hi", "a:Now."]);
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("[1]")]
    [InlineData("")]
    [InlineData("{\"a\":1,\"a\":2}")]
    public async Task Arguments_that_are_no_object_are_stored(string arguments)
    {
        Upstream.Always(Texts.ChatCall("call_1", "clock", arguments));
        (await AskAsync("s", "u:Hi")).ShouldBe(200);

        (await HistoryAsync("s"))[1].ToolCalls!.Single().Name.ShouldBe("clock");
    }

    [Fact]
    public async Task Parallel_calls_of_a_stream_are_stored_each_with_its_arguments()
    {
        Upstream.Streams(
            Texts.Chunk("""{"role":"assistant","content":null}"""),
            Texts.Chunk("""{"tool_calls":[{"index":0,"id":"call_a","type":"function","function":{"name":"clock","arguments":"{\"zone\""}},{"index":1,"id":"call_b","type":"function","function":{"name":"weather","arguments":""}}]}"""),
            Texts.Chunk("""{"tool_calls":[{"index":1,"function":{"arguments":"{\"city\":\"Riga\"}"}},{"index":0,"function":{"arguments":":\"UTC\"}"}}]}"""),
            """data: {"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}""" + "\n\n",
            "data: [DONE]\n\n");

        await StreamAsync("s", "u:Hi");

        var calls = (await HistoryAsync("s"))[1].ToolCalls!;
        calls.Select(call => (call.Id, call.Name, call.Arguments.GetRawText())).ShouldBe(
            [("call_a", "clock", """{"zone":"UTC"}"""), ("call_b", "weather", """{"city":"Riga"}""")]);
    }

    [Fact]
    public async Task An_id_that_a_provider_uses_for_every_call_does_not_stop_the_session()
    {
        Upstream.Always(Texts.ChatCall("call_0", "clock", "{}"));
        (await AskAsync("s", "u:One")).ShouldBe(200);
        (await AskAsync("s", "u:Two")).ShouldBe(200);

        (await HistoryAsync("s")).Count(message => message.ToolCalls is { Count: 1 }).ShouldBe(2);
    }

    [Fact]
    public async Task The_agent_of_a_new_session_is_the_headers()
    {
        await Api.PostAsync("/v1/chat/completions", Texts.Ask("u:Hi"), ("X-Session-ID", "s"), ("X-Agent-ID", "helper"));

        (await Cluster.Session(new SessionKey("default", "ada", "s")).GetInfoAsync()).AgentId.ShouldBe("helper");
    }

    [Theory]
    [InlineData("s", 0)]
    [InlineData("a:b@c|d+e=f~g-h_i.j", 41)]
    public void Ids_of_answers_are_read_again_and_others_are_not(string session, long sequence)
    {
        var id = ResponseIds.New(session, sequence);
        ResponseIds.TryRead(id, out var found, out var last).ShouldBeTrue();
        (found, last).ShouldBe((session, sequence));
        ResponseIds.New(session, sequence).ShouldNotBe(id);
        ResponseIds.TryRead(ResponseIds.New(new string('x', 128), long.MaxValue), out found, out _).ShouldBeTrue();
        found.Length.ShouldBe(128);
        foreach (var other in (string[])["", "resp_gr", "resp_gr!!!!", "resp_grAAAA", "resp_68a1b2c3", id + "A", id[..^1], id + new string('A', 400)])
        {
            ResponseIds.TryRead(other, out _, out _).ShouldBeFalse(other);
        }
    }

    [Fact]
    public void Events_are_found_wherever_the_bytes_are_cut()
    {
        var stream = "data: a\n\ndata: b\r\n\r\n: note\r\rid: 1\ndata: \u00e9\n\n\n\rdata: c\r\n\n"u8.ToArray();
        var whole = Frames(stream, [stream.Length]);
        whole.Count.ShouldBeGreaterThan(4);
        for (var cut = 1; cut < stream.Length; cut++)
        {
            for (var second = cut; second < stream.Length; second++)
            {
                var parts = Frames(stream, [cut, second, stream.Length]);
                string.Concat(parts).ShouldBe(string.Concat(whole));
                parts.Select(part => part.Trim('\r', '\n')).Where(part => part.Length > 0)
                    .ShouldBe(whole.Select(part => part.Trim('\r', '\n')).Where(part => part.Length > 0));
            }
        }
    }

    private static List<string> Frames(byte[] stream, int[] cuts)
    {
        var scanner = new FrameScanner();
        var frames = new List<string>();
        var (start, scanned) = (0, 0);
        foreach (var cut in cuts)
        {
            while (scanned < cut && scanner.Next(stream.AsSpan(scanned, cut - scanned)) is var length)
            {
                if (length < 0)
                {
                    scanned = cut;
                    break;
                }

                scanned += length;
                frames.Add(System.Text.Encoding.UTF8.GetString(stream.AsSpan(start, scanned - start)));
                start = scanned;
            }
        }

        return frames;
    }
}
