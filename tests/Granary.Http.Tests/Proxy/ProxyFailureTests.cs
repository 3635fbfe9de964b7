using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Granary.Http.Tests.Proxy;

/// <summary>What clients see, and what is stored, when the provider, the memory or the client itself fails.</summary>
public sealed class ProxyFailureTests : ProxyTest
{
    [Theory]
    [InlineData(400)]
    [InlineData(401)]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(529)]
    public async Task A_providers_refusal_reaches_the_client_as_it_is_and_nothing_is_stored(int status)
    {
        const string Error = """{"error":{"message":"No.","type":"their_type","param":null,"code":"their_code"},"x":1}""";
        Upstream.Always(Error, status, ("Retry-After", "7"), ("x-request-id", "req_1"));

        foreach (var stream in (string[])["", ""","stream":true"""])
        {
            var answer = await Api.PostAsync("/v1/chat/completions", Texts.Ask(["u:Hi"], stream), ("X-Session-ID", "s"));

            answer.ShouldBe(status).Text.ShouldBe(Error);
            answer.Header("Retry-After").ShouldBe("7");
            answer.Header("x-request-id").ShouldBe("req_1");
        }

        (await ExistsAsync("s")).ShouldBeFalse();
    }

    [Fact]
    public async Task A_refusal_in_another_dialect_has_the_clients_shape()
    {
        Upstream.Always("""{"type":"error","error":{"type":"overloaded_error","message":"Overloaded, sorry"}}""", 529, ("Retry-After", "7"));
        var answer = await Api.PostAsync("/v1/chat/completions", Texts.Ask("u:Hi").Replace("gpt-4o", "claude-sonnet-4-5"), ("X-Session-ID", "s"));
        answer.ShouldBe(529).Header("Retry-After").ShouldBe("7");
        ((string?)answer["error"]!["message"]).ShouldBe("Overloaded, sorry");

        Upstream.Always("""{"error":{"message":"Slow down","type":"requests","code":"rate_limit_exceeded"}}""", 429);
        var other = await Api.PostAsync("/v1/messages", """{"model":"gpt-4o","max_tokens":9,"messages":[{"role":"user","content":"Hi"}]}""", ("X-Session-ID", "s"));
        other.ShouldBe(429);
        ((string?)other["type"], (string?)other["error"]!["type"], (string?)other["error"]!["message"]).ShouldBe(("error", "rate_limit_error", "Slow down"));
        (await ExistsAsync("s")).ShouldBeFalse();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_stream_that_goes_on_without_end_after_its_stop_is_ended(bool sameDialect)
    {
        var filler = ": " + new string('x', 16_000) + "\n\n";
        const string Usage = """data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"gpt-4o","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}""" + "\n\n";
        Upstream.Answer = async (context, _) =>
        {
            await ScriptedUpstream.Sse(context, Texts.ChatStream("Understood.")[..^1]);
            while (!context.RequestAborted.IsCancellationRequested)
            {
                await ScriptedUpstream.Sse(context, sameDialect ? filler : string.Concat(Enumerable.Repeat(Usage, 50)));
            }
        };

        var asking = sameDialect
            ? StreamAsync("s", "u:Hi")
            : Api.PostAsync("/v1/messages", """{"model":"gpt-4o","max_tokens":9,"stream":true,"messages":[{"role":"user","content":"Hi"}]}""", ("X-Session-ID", "s"));
        var answer = (await asking.WaitAsync(TimeSpan.FromSeconds(30))).ShouldBe(200);

        answer.Text.TrimEnd().ShouldEndWith(sameDialect ? "data: [DONE]" : "data: {\"type\":\"message_stop\"}");
        answer.Text.Length.ShouldBeLessThan(1_000_000);
        (await ViewAsync("s")).ShouldBe(["u:Hi", "a:Understood."]);
    }

    [Fact]
    public async Task Other_choices_than_the_first_are_not_held_back_by_its_stop()
    {
        const string Chunk = """data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"gpt-4o","choices":[{"index":1,"delta":{"content":"Second."},"finish_reason":FINISH}]}""" + "\n\n";
        var seen = new TaskCompletionSource();
        Upstream.Answer = async (context, _) =>
        {
            await ScriptedUpstream.Sse(context, [.. Texts.ChatStream("First.")[..^1], Chunk.Replace("FINISH", "null")]);
            await seen.Task.WaitAsync(TimeSpan.FromSeconds(30));
            await ScriptedUpstream.Sse(context, Chunk.Replace("FINISH", "\"stop\""), "data: [DONE]\n\n");
        };
        var stored = new TaskCompletionSource();
        Cluster.Before = call => call == "append" ? stored.Task.WaitAsync(TimeSpan.FromSeconds(30)) : Task.CompletedTask;

        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions");
        request.Content = new StringContent(Texts.Ask(["u:Hi"], ""","stream":true,"n":2"""), null, "application/json");
        request.Headers.Add("X-Session-ID", "s");
        using var answer = await Api.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using var lines = new StreamReader(await answer.Content.ReadAsStreamAsync());
        string? line;
        do
        {
            line = (await lines.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(30))).ShouldNotBeNull();
        }
        while (!line.Contains("Second.", StringComparison.Ordinal));

        seen.SetResult();
        var rest = lines.ReadToEndAsync();
        rest.IsCompleted.ShouldBeFalse();
        stored.SetResult();
        (await rest).ShouldEndWith("data: [DONE]\n\n");
        (await ViewAsync("s")).ShouldBe(["u:Hi", "a:First."]);
    }

    [Theory]
    [InlineData("<html>gateway</html>")]
    [InlineData("""{"choices":[]}""")]
    [InlineData("""[1]""")]
    [InlineData("""{"choices":[{"message":{"role":"assistant","content":"x"}""")]
    public async Task An_answer_that_cannot_be_understood_is_a_bad_gateway(string body)
    {
        Upstream.Always(body);

        var answer = await AskAsync("s", "u:Hi");

        answer.ShouldBe(502)["error"]!["message"].ShouldNotBeNull();
        (await ExistsAsync("s")).ShouldBeFalse();
    }

    [Fact]
    public async Task A_provider_that_cannot_be_reached_is_a_bad_gateway_and_an_unknown_model_is_404()
    {
        await Upstream.DisposeAsync();

        ((string?)(await AskAsync("s", "u:Hi")).ShouldBe(502)["error"]!["code"]).ShouldBe("provider_failed");
        var unknown = (await Api.PostAsync("/v1/messages", """{"model":"nobody-1","max_tokens":9,"messages":[{"role":"user","content":"Hi"}]}""")).ShouldBe(404);
        ((string?)unknown["type"], (string?)unknown["error"]!["type"]).ShouldBe(("error", "not_found_error"));
    }

    public static TheoryData<int> EventsOfAChat => [.. Enumerable.Range(1, Texts.ChatStream("Under", "stood.").Length - 1)];

    [Theory]
    [MemberData(nameof(EventsOfAChat))]
    public async Task A_stream_that_breaks_after_any_event_is_an_error_in_band_and_what_came_is_kept(int events)
    {
        var sent = string.Concat(Texts.ChatStream("Under", "stood.")[..events]);
        Upstream.Answer = (context, _) => ScriptedUpstream.TornAsync(context, sent + "data: {\"id\":\"chatcmpl-1\",\"choices\":[{\"TORN");

        var answer = await StreamAsync("s", "u:Hi");

        var received = string.Concat(new[] { "", "Under", "stood." }.Take(events));
        if (events == 4)
        {
            // All was said, and why it ended; what is missing is only that nothing follows.
            answer.ShouldBe(200).Text.ShouldBe(sent);
            (await ViewAsync("s")).ShouldBe(["u:Hi", "a:Understood."]);
            return;
        }

        answer.ShouldBe(200).Text.ShouldStartWith(sent);
        answer.Text.ShouldNotContain("[{\"TORN");
        var error = answer.Text.Split('\n').Where(line => line.StartsWith("data: {\"error\"", StringComparison.Ordinal)).ShouldHaveSingleItem();
        JsonNode.Parse(error[6..])!["error"]!["message"].ShouldNotBeNull();
        if (received.Length == 0)
        {
            (await ExistsAsync("s")).ShouldBeFalse();
        }
        else
        {
            (await ViewAsync("s")).ShouldBe(["u:Hi", "a~:" + received]);
        }
    }

    [Fact]
    public async Task An_answer_that_breaks_off_before_its_first_event_is_a_bad_gateway()
    {
        Upstream.Answer = (context, _) => ScriptedUpstream.TornAsync(context, "");

        (await StreamAsync("s", "u:Hi")).ShouldBe(502);
        (await ExistsAsync("s")).ShouldBeFalse();
    }

    [Fact]
    public async Task A_partial_answer_is_superseded_when_the_client_asks_again()
    {
        Upstream.Answer = (context, _) => ScriptedUpstream.TornAsync(context, string.Concat(Texts.ChatStream("Under")[..2]));
        await StreamAsync("s", "u:Hi");
        (await ViewAsync("s")).ShouldBe(["u:Hi", "a~:Under"]);
        Upstream.Always(Texts.Chat("Understood."));

        await AskAsync("s", "u:Hi");

        (await ViewAsync("s")).ShouldBe(["u:Hi", "a:Understood."]);
    }

    [Fact]
    public async Task A_providers_error_within_a_stream_goes_through_in_its_own_words()
    {
        const string Error = "data: {\"error\":{\"message\":\"The server had an error\",\"type\":\"server_error\"}}\n\n";
        Upstream.Streams([.. Texts.ChatStream("Under")[..2], Error]);

        var answer = await StreamAsync("s", "u:Hi");

        answer.Text.ShouldEndWith(Error);
        (await ViewAsync("s")).ShouldBe(["u:Hi", "a~:Under"]);
    }

    [Fact]
    public async Task A_stream_without_an_end_mark_after_its_finish_is_whole()
    {
        var events = Texts.ChatStream("Understood.");
        Upstream.Streams(events[..^1]);

        (await StreamAsync("s", "u:Hi")).Text.ShouldBe(string.Concat(events[..^1]));
        (await ViewAsync("s")).ShouldBe(["u:Hi", "a:Understood."]);
    }

    [Fact]
    public async Task The_end_waits_until_the_turn_is_durable()
    {
        Upstream.Streams(Texts.ChatStream("Understood."));
        var (appending, goOn) = (new TaskCompletionSource(), new TaskCompletionSource());
        Cluster.Before = call =>
        {
            if (call == "append")
            {
                appending.TrySetResult();
                return goOn.Task;
            }

            return Task.CompletedTask;
        };
        using var request = Request("s", "u:Hi");
        using var response = await Api.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        var text = "";
        while (!text.Contains("Understood."))
        {
            text += await reader.ReadLineAsync();
        }

        await appending.Task.WaitAsync(TimeSpan.FromSeconds(20));
        (await reader.ReadLineAsync()).ShouldBe("");
        var next = reader.ReadLineAsync();
        (await Task.WhenAny(next, Task.Delay(300))).ShouldNotBe(next);
        goOn.SetResult();

        (await next.WaitAsync(TimeSpan.FromSeconds(20)))!.ShouldContain("\"finish_reason\":\"stop\"");
        (await reader.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(20))).ShouldEndWith("data: [DONE]\n\n");
    }

    [Fact]
    public async Task A_turn_that_cannot_be_stored_ends_with_an_error_never_as_a_success()
    {
        Upstream.Streams(Texts.ChatStream("Understood."));
        Cluster.Before = call => call == "append"
            ? throw new UnavailableException(ErrorCodes.StorageUnavailable, "The disk is full.", TimeSpan.FromSeconds(3))
            : Task.CompletedTask;

        var streamed = (await StreamAsync("s", "u:Hi")).ShouldBe(200);
        streamed.Text.ShouldContain("\"error\"");
        streamed.Text.ShouldContain("The disk is full.");
        streamed.Text.ShouldNotContain("\"finish_reason\":\"stop\"");

        Upstream.Always(Texts.Chat("Understood."));
        var whole = (await AskAsync("s", "u:Hi")).ShouldBe(503);
        whole.Header("Retry-After").ShouldBe("3");
        ((string?)whole["error"]!["code"]).ShouldBe("storage_unavailable");
    }

    [Fact]
    public async Task A_memory_that_cannot_be_read_is_told_before_the_provider_is_asked()
    {
        Cluster.FailWith(() => new UnavailableException(ErrorCodes.StorageUnavailable, "Lost.", TimeSpan.FromSeconds(1)));

        (await AskAsync("s", "u:Hi")).ShouldBe(503);
        Upstream.Calls.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("complete", 409, "completed")]
    [InlineData("erase", 410, "erased")]
    [InlineData("read-only", 403, "read_only")]
    public async Task A_session_that_takes_nothing_is_refused_before_the_provider_is_asked(string how, int status, string code)
    {
        await AskAsync("s", "u:Hi");
        switch (how)
        {
            case "complete":
                (await Api.PostAsync("/sessions/end", """{"session_id":"s"}""")).ShouldBe(200);
                break;
            case "erase":
                (await Api.DeleteAsync("/sessions/s")).ShouldBe(204);
                break;
            default:
                (await Api.PutAsync("/resources/frozen", """{"read_only":false}""")).Status.ShouldBeLessThan(300);
                (await Api.PostAsync("/sessions/start", """{"session_id":"s2","resource":"frozen"}""")).ShouldBe(200);
                (await Api.PutAsync("/resources/frozen", """{"read_only":true}""")).Status.ShouldBeLessThan(300);
                break;
        }

        var calls = Upstream.Calls.Count;
        foreach (var path in (string[])["/v1/chat/completions", "/v1/messages"])
        {
            var answer = await Api.PostAsync(
                path, Texts.Ask(["u:Hi again"], ""","max_tokens":9,"stream":true"""), ("X-Session-ID", how == "read-only" ? "s2" : "s"));
            answer.ShouldBe(status);
            answer["error"]!["message"].ShouldNotBeNull();
            if (path == "/v1/chat/completions")
            {
                ((string?)answer["error"]!["code"]).ShouldBe(code);
            }
        }

        Upstream.Calls.Count.ShouldBe(calls);
    }

    [Fact]
    public async Task A_client_that_hangs_up_stops_the_provider_at_once_and_what_came_is_kept()
    {
        var stopped = new TaskCompletionSource();
        Upstream.Answer = async (context, _) =>
        {
            await ScriptedUpstream.Sse(context, Texts.ChatStream("Under")[..2]);
            context.RequestAborted.Register(stopped.SetResult);
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
        };
        using (var client = Fixture.Server.As("ada").Http)
        {
            using var request = Request("s", "u:Hi");
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
            while ((await reader.ReadLineAsync())?.Contains("Under") != true)
            {
            }
        }

        await stopped.Task.WaitAsync(TimeSpan.FromSeconds(20));
        await UntilAsync(() => ExistsAsync("s"));
        (await ViewAsync("s")).ShouldBe(["u:Hi", "a~:Under"]);
    }

    [Fact]
    public async Task A_client_that_hangs_up_before_an_answer_stops_the_provider_and_nothing_is_stored()
    {
        var (asked, stopped) = (new TaskCompletionSource(), new TaskCompletionSource());
        Upstream.Answer = async (context, _) =>
        {
            context.RequestAborted.Register(stopped.SetResult);
            asked.SetResult();
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
        };
        using var gone = new CancellationTokenSource();
        using var request = Request("s", "u:Hi");
        var call = Api.Http.SendAsync(request, gone.Token);
        await asked.Task.WaitAsync(TimeSpan.FromSeconds(20));
        gone.Cancel();

        await stopped.Task.WaitAsync(TimeSpan.FromSeconds(20));
        await Should.ThrowAsync<OperationCanceledException>(() => call);
        (await ExistsAsync("s")).ShouldBeFalse();
    }

    [Theory]
    [InlineData("", "body")]
    [InlineData("[]", "body")]
    [InlineData("{", "body")]
    [InlineData("""{"messages":[]}""", "model")]
    [InlineData("""{"model":7,"messages":[]}""", "model")]
    [InlineData("""{"model":"gpt-4o","model":"gpt-4o","messages":[]}""", "body")]
    [InlineData("""{"model":"gpt-4o"}""", "messages")]
    [InlineData("""{"model":"gpt-4o","messages":{}}""", "messages")]
    [InlineData("""{"model":"gpt-4o","messages":[]}""", "messages")]
    [InlineData("""{"model":"gpt-4o","messages":[7]}""", "messages")]
    [InlineData("""{"model":"gpt-4o","messages":[{"role":"system","content":"Be kind."}]}""", "messages")]
    [InlineData("""{"model":"gpt-4o","messages":[{"role":"user","content":"Hi","content":"x"}]}""", "body")]
    [InlineData("""{"model":"gpt-4o","messages":[{"role":"user","content":"\ud800"}]}""", "body")]
    public async Task A_bad_body_is_refused_in_the_dialects_shape(string body, string field)
    {
        var answer = await Api.PostAsync("/v1/chat/completions", body, ("X-Session-ID", "s"));

        answer.ShouldBe(400);
        ((string?)answer["error"]!["message"])!.ShouldStartWith(field);
        ((string?)answer["error"]!["type"]).ShouldBe("invalid_request_error");
        Upstream.Calls.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("X-Temperature", "hot")]
    [InlineData("X-Temperature", "3")]
    [InlineData("X-Max-Tokens", "0")]
    [InlineData("X-Max-Tokens", "1.5")]
    [InlineData("Idempotency-Key", "a b")]
    [InlineData("X-Agent-ID", "a/b")]
    public async Task A_bad_header_is_refused(string name, string value) =>
        (await Api.PostAsync("/v1/chat/completions", Texts.Ask("u:Hi"), (name, value))).ShouldBe(400);

    [Fact]
    public async Task Another_content_type_is_415_in_the_dialects_shape()
    {
        using var content = new StringContent(Texts.Ask("u:Hi"), Encoding.UTF8, "text/plain");
        (await Api.SendAsync(HttpMethod.Post, "/v1/chat/completions", content)).ShouldBe(415)["error"]!["message"].ShouldNotBeNull();
    }

    [Fact]
    public async Task Bodies_have_a_limit_of_their_own()
    {
        await using var server = await Fixture.StartAsync(options => options.Proxy.MaxBodyBytes = 3_000_000);
        var large = Texts.Ask("u:" + new string('x', 2_500_000));

        (await server.As("ada").PostAsync("/v1/chat/completions", large, ("X-Session-ID", "s"))).ShouldBe(200);
        Upstream.Last.Body.Length.ShouldBeGreaterThan(2_500_000);
        (await server.As("ada").PostAsync("/v1/chat/completions", Texts.Ask("u:" + new string('x', 3_000_000)))).ShouldBe(413)["error"]!["message"].ShouldNotBeNull();
    }

    [Fact]
    public async Task Calls_beyond_what_may_run_at_a_time_are_429_in_the_dialects_shape()
    {
        await using var server = await Fixture.StartAsync(options => options.MaxConcurrentRequests = 1);
        var (asked, goOn) = (new TaskCompletionSource(), new TaskCompletionSource());
        Upstream.Answer = async (context, _) =>
        {
            asked.TrySetResult();
            await goOn.Task;
            await ScriptedUpstream.Json(context, 200, Texts.Chat("Done."));
        };
        var first = server.As("ada").PostAsync("/v1/chat/completions", Texts.Ask("u:Hi"));
        await asked.Task;

        var second = await server.As("ada").PostAsync("/v1/messages", "{}");
        second.ShouldBe(429).Header("Retry-After").ShouldBe("1");
        ((string?)second["error"]!["type"]).ShouldBe("rate_limit_error");
        goOn.SetResult();
        (await first).ShouldBe(200);
    }

    private static HttpRequestMessage Request(string session, params string[] said) => new(HttpMethod.Post, "/v1/chat/completions")
    {
        Content = new StringContent(Texts.Ask(said, ""","stream":true"""), Encoding.UTF8, "application/json"),
        Headers = { { "X-Session-ID", session } },
    };
}
