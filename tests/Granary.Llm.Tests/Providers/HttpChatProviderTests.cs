using System.Diagnostics;
using Granary.Conformance.Time;
using Granary.Llm.Providers;
using static Granary.Llm.Tests.Providers.FakeExchange;
using static Granary.Llm.Tests.Providers.TestProviders;

namespace Granary.Llm.Tests.Providers;

public class HttpChatProviderTests
{
    [Theory]
    [InlineData(ProviderKind.OpenAI, "Authorization", "Bearer the-key")]
    [InlineData(ProviderKind.Compatible, "Authorization", "Bearer the-key")]
    [InlineData(ProviderKind.Mistral, "Authorization", "Bearer the-key")]
    [InlineData(ProviderKind.Azure, "api-key", "the-key")]
    [InlineData(ProviderKind.Anthropic, "x-api-key", "the-key")]
    [InlineData(ProviderKind.Gemini, "x-goog-api-key", "the-key")]
    public async Task The_providers_own_key_goes_and_the_callers_does_not(ProviderKind kind, string header, string value)
    {
        await using var upstream = FakeUpstream.Of(Answer(200, "{}"));
        using var provider = Provider(upstream.Address, kind: kind);
        var call = Chat(credential: "Bearer callers") with { Headers = [new("Authorization", "Bearer other"), new("x-api-key", "other"), new("anthropic-beta", "b")] };
        using var response = await provider.SendAsync(call);

        var request = upstream.Requests.ShouldHaveSingleItem();
        request.Headers[header].ShouldBe(value);
        request.Headers["anthropic-beta"].ShouldBe("b");
        request.Headers.Values.ShouldAllBe(text => !text.Contains("callers") && !text.Contains("other"));
        request.Path.ShouldNotContain("the-key");
        request.Headers.ContainsKey("traceparent").ShouldBeFalse();
        if (kind == ProviderKind.Anthropic)
            request.Headers["anthropic-version"].ShouldBe("2023-06-01");
    }

    [Theory]
    [InlineData(ProviderKind.OpenAI, "Bearer sk-1", "Authorization", "Bearer sk-1")]
    [InlineData(ProviderKind.OpenAI, "sk-1", "Authorization", "Bearer sk-1")]
    [InlineData(ProviderKind.Anthropic, "sk-ant-1", "x-api-key", "sk-ant-1")]
    [InlineData(ProviderKind.Anthropic, "Bearer sk-ant-api1", "x-api-key", "sk-ant-api1")]
    [InlineData(ProviderKind.Anthropic, "Bearer sk-ant-oat1", "Authorization", "Bearer sk-ant-oat1")]
    [InlineData(ProviderKind.Gemini, "Bearer AIza", "x-goog-api-key", "AIza")]
    [InlineData(ProviderKind.Azure, "Bearer eyJx", "Authorization", "Bearer eyJx")]
    [InlineData(ProviderKind.Azure, "abc", "api-key", "abc")]
    public async Task Without_a_key_of_its_own_the_callers_credential_is_passed_on(ProviderKind kind, string credential, string header, string value)
    {
        await using var upstream = FakeUpstream.Of(Answer(200, "{}"));
        using var provider = Provider(upstream.Address, options => options.Key = null, kind);
        provider.HasKey.ShouldBeFalse();
        using var response = await provider.SendAsync(Chat(credential: credential));
        upstream.Requests.ShouldHaveSingleItem().Headers[header].ShouldBe(value);
    }

    [Fact]
    public async Task A_credential_with_a_line_break_adds_no_header()
    {
        await using var upstream = FakeUpstream.Of(Answer(200, "{}"));
        using var provider = Provider(upstream.Address, options => options.Key = null);
        using var response = await provider.SendAsync(Chat(credential: "Bearer x\r\nX-Evil: 1"));
        var request = upstream.Requests.ShouldHaveSingleItem();
        request.Headers.ContainsKey("Authorization").ShouldBeFalse();
        request.Headers.ContainsKey("X-Evil").ShouldBeFalse();
    }

    [Theory]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(503)]
    [InlineData(529)]
    public async Task What_may_pass_is_repeated_with_the_same_body(int status)
    {
        await using var upstream = FakeUpstream.Of(Answer(status, "{}", ("Retry-After", "0")), Answer(status, "{}", ("retry-after-ms", "1")), Answer(200, "fine"));
        using var provider = Provider(upstream.Address);
        using var response = await provider.SendAsync(Chat(body: """{"a":"ü"}"""));
        response.Status.ShouldBe(200);
        (await response.TextAsync()).ShouldBe("fine");
        upstream.Requests.Select(request => request.Body).ShouldBe(Enumerable.Repeat("""{"a":"ü"}""", 3));
    }

    [Theory]
    [InlineData(400)]
    [InlineData(401)]
    [InlineData(404)]
    [InlineData(409)]
    [InlineData(422)]
    public async Task A_mistake_of_the_caller_is_not_repeated_and_its_answer_passes_through(int status)
    {
        await using var upstream = FakeUpstream.Of(Answer(status, """{"error":{"message":"no"}}"""));
        using var provider = Provider(upstream.Address);
        using var response = await provider.SendAsync(Chat());
        (response.Status, response.IsSuccess, response.ContentType).ShouldBe((status, false, "application/json"));
        (await response.TextAsync()).ShouldBe("""{"error":{"message":"no"}}""");
        upstream.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_failure_that_stays_is_answered_as_it_came()
    {
        await using var upstream = FakeUpstream.Of(Answer(503, "later", ("retry-after-ms", "1")));
        using var provider = Provider(upstream.Address);
        using var response = await provider.SendAsync(Chat());
        response.Status.ShouldBe(503);
        (await response.TextAsync()).ShouldBe("later");
        upstream.Requests.Count.ShouldBe(3);
    }

    [Fact]
    public async Task Retry_after_in_seconds_is_waited_for()
    {
        var time = new ManualTimeProvider();
        await using var upstream = FakeUpstream.Of(Answer(429, "", ("Retry-After", "7")), Answer(200, "fine"));
        using var provider = Provider(upstream.Address, time: time);
        var answer = provider.SendAsync(Chat());
        await WaitForRepeatAsync(time, upstream, TimeSpan.FromSeconds(7));
        using var response = await answer.WaitAsync(Patience);
        response.Status.ShouldBe(200);
        upstream.Requests.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Retry_after_as_a_date_is_waited_for()
    {
        var time = new ManualTimeProvider();
        await using var upstream = FakeUpstream.Of(Answer(503, "", ("Retry-After", (time.GetUtcNow() + TimeSpan.FromSeconds(9)).ToString("r"))), Answer(200, "fine"));
        using var provider = Provider(upstream.Address, time: time);
        var answer = provider.SendAsync(Chat());
        await WaitForRepeatAsync(time, upstream, TimeSpan.FromSeconds(9));
        using var response = await answer.WaitAsync(Patience);
        response.Status.ShouldBe(200);
    }

    [Fact]
    public async Task Who_asks_for_a_longer_wait_than_allowed_is_not_asked_again()
    {
        await using var upstream = FakeUpstream.Of(Answer(429, "later", ("Retry-After", "3600")));
        using var provider = Provider(upstream.Address);
        using var response = await provider.SendAsync(Chat()).WaitAsync(Patience);
        response.Status.ShouldBe(429);
        response.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromHours(1));
        upstream.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task The_providers_own_word_on_repeats_counts()
    {
        await using var upstream = FakeUpstream.Of(Answer(500, "", ("x-should-retry", "false")));
        using var provider = Provider(upstream.Address);
        using var response = await provider.SendAsync(Chat());
        upstream.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Without_retry_after_the_wait_grows_and_is_not_the_same_for_all()
    {
        var waits = new HashSet<TimeSpan>();
        for (var round = 0; round < 4; round++)
        {
            var time = new ManualTimeProvider();
            await using var upstream = FakeUpstream.Of(Answer(500, ""), Answer(200, "fine"));
            using var provider = Provider(upstream.Address, time: time);
            var answer = provider.SendAsync(Chat());
            waits.Add(await WaitForRepeatAsync(time, upstream));
            (await answer.WaitAsync(Patience)).Dispose();
        }

        waits.ShouldAllBe(wait => wait > TimeSpan.Zero && wait <= TimeSpan.FromSeconds(8));
        waits.Count.ShouldBeGreaterThan(1);
    }

    [Fact]
    public async Task A_connection_that_is_reset_before_the_answer_is_tried_again()
    {
        await using var upstream = FakeUpstream.Of(exchange => exchange.CloseAsync(), Answer(200, "fine"));
        using var provider = Provider(upstream.Address);
        using var response = await provider.SendAsync(Chat());
        response.Status.ShouldBe(200);
        upstream.Requests.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_provider_that_is_not_there_is_502()
    {
        string address;
        await using (var upstream = FakeUpstream.Of(Answer(200, "{}")))
            address = upstream.Address;
        using var provider = Provider(address, options => options.Retries = 0);
        var error = await Should.ThrowAsync<ProviderException>(() => provider.SendAsync(Chat()));
        (error.Status, error.Provider).ShouldBe((502, "openai"));
        error.Message.ShouldNotContain("the-key");
    }

    [Fact]
    public async Task What_is_no_http_is_502()
    {
        await using var upstream = FakeUpstream.Of(async exchange =>
        {
            await exchange.WriteAsync("SSH-2.0-OpenSSH\r\n\r\n");
            await exchange.CloseAsync(reset: false);
        });
        using var provider = Provider(upstream.Address, options => options.Retries = 0);
        (await Should.ThrowAsync<ProviderException>(() => provider.SendAsync(Chat()))).Status.ShouldBe(502);
    }

    [Fact]
    public async Task An_answer_that_does_not_begin_in_time_is_504_and_not_repeated()
    {
        var time = new ManualTimeProvider();
        await using var upstream = FakeUpstream.Of(exchange => exchange.GoneAsync());
        using var provider = Provider(upstream.Address, time: time);
        var answer = provider.SendAsync(Chat(stream: true));
        await UntilAsync(() => upstream.Requests.Count == 1);
        time.Advance(TimeSpan.FromSeconds(59));
        answer.IsCompleted.ShouldBeFalse();
        time.Advance(TimeSpan.FromSeconds(1));
        (await Should.ThrowAsync<ProviderException>(() => answer.WaitAsync(Patience))).Status.ShouldBe(504);
        upstream.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_chat_that_comes_whole_may_take_the_time_that_a_model_needs()
    {
        var time = new ManualTimeProvider();
        var go = new TaskCompletionSource();
        await using var upstream = FakeUpstream.Of(async exchange =>
        {
            await go.Task;
            await exchange.AnswerAsync(200, "late");
        });
        using var provider = Provider(upstream.Address, time: time);
        var answer = provider.SendAsync(Chat());
        await UntilAsync(() => upstream.Requests.Count == 1);
        time.Advance(TimeSpan.FromSeconds(599));
        go.SetResult();
        using var response = await answer.WaitAsync(Patience);
        (await response.TextAsync()).ShouldBe("late");
    }

    [Fact]
    public async Task The_answer_is_there_before_its_body()
    {
        var go = new TaskCompletionSource();
        await using var upstream = FakeUpstream.Of(async exchange =>
        {
            await exchange.BeginStreamAsync();
            await exchange.ChunkAsync("first");
            await go.Task;
            await exchange.ChunkAsync("second");
            await exchange.EndStreamAsync();
        });
        using var provider = Provider(upstream.Address);
        using var response = await provider.SendAsync(Chat(stream: true)).WaitAsync(Patience);
        var body = await response.ReadAsync();
        var buffer = new byte[5];
        await body.ReadExactlyAsync(buffer).AsTask().WaitAsync(Patience);
        buffer.ShouldBe("first"u8.ToArray());
        go.SetResult();
        upstream.Requests.Single().Headers["Accept"].ShouldBe("text/event-stream");
    }

    [Fact]
    public async Task A_call_that_is_cancelled_stops_at_the_provider()
    {
        var gone = new TaskCompletionSource();
        await using var upstream = FakeUpstream.Of(async exchange =>
        {
            await exchange.GoneAsync();
            gone.SetResult();
        });
        using var provider = Provider(upstream.Address);
        using var cancel = new CancellationTokenSource();
        var answer = provider.SendAsync(Chat(), cancel.Token);
        await UntilAsync(() => upstream.Requests.Count == 1);
        await cancel.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => answer);
        await gone.Task.WaitAsync(Patience);
    }

    [Fact]
    public async Task An_answer_that_is_disposed_stops_at_the_provider()
    {
        var gone = new TaskCompletionSource();
        await using var upstream = FakeUpstream.Of(async exchange =>
        {
            await exchange.BeginStreamAsync();
            await exchange.ChunkAsync("x");
            await exchange.GoneAsync();
            gone.SetResult();
        });
        using var provider = Provider(upstream.Address);
        var response = await provider.SendAsync(Chat(stream: true));
        var waited = Stopwatch.StartNew();
        response.Dispose();
        await gone.Task.WaitAsync(Patience);
        waited.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task A_circuit_opens_after_failures_refuses_and_closes_again()
    {
        var time = new ManualTimeProvider();
        var fail = true;
        await using var upstream = new FakeUpstream(exchange => exchange.AnswerAsync(fail ? 500 : 200, ""));
        using var provider = Provider(upstream.Address, options => (options.Retries, options.BreakerMinimumCalls) = (0, 4), time: time);
        for (var call = 0; call < 4; call++)
        {
            using var response = await provider.SendAsync(Chat());
            response.Status.ShouldBe(500);
        }

        var error = await Should.ThrowAsync<ProviderException>(() => provider.SendAsync(Chat()));
        error.Status.ShouldBe(503);
        error.RetryAfter.ShouldNotBeNull().ShouldBeGreaterThan(TimeSpan.Zero);
        upstream.Requests.Count.ShouldBe(4);

        fail = false;
        time.Advance(TimeSpan.FromSeconds(16));
        using var again = await provider.SendAsync(Chat());
        again.Status.ShouldBe(200);
    }

    [Fact]
    public async Task Too_many_calls_of_one_caller_do_not_open_the_circuit_for_all()
    {
        await using var upstream = FakeUpstream.Of(Answer(429, ""));
        using var provider = Provider(upstream.Address, options => (options.Retries, options.BreakerMinimumCalls) = (0, 2));
        for (var call = 0; call < 6; call++)
        {
            using var response = await provider.SendAsync(Chat());
            response.Status.ShouldBe(429);
        }
    }

    [Fact]
    public async Task A_stream_keeps_its_place_until_its_end_and_further_calls_wait_for_it()
    {
        await using var upstream = FakeUpstream.Of(Answer(200, "one"), Answer(200, "two"));
        using var provider = Provider(upstream.Address, options => options.MaxConcurrentCalls = 1);
        var first = await provider.SendAsync(Chat());
        var second = provider.SendAsync(Chat());
        (await first.TextAsync()).ShouldBe("one");
        second.IsCompleted.ShouldBeFalse();
        upstream.Requests.Count.ShouldBe(1);
        first.Dispose();
        first.Dispose();
        using var response = await second.WaitAsync(Patience);
        (await response.TextAsync()).ShouldBe("two");
    }

    [Fact]
    public async Task A_call_that_finds_no_place_in_time_is_503_with_the_setting_named()
    {
        var time = new ManualTimeProvider();
        await using var upstream = FakeUpstream.Of(Answer(200, "one"));
        using var provider = Provider(upstream.Address, options => options.MaxConcurrentCalls = 1, time: time);
        using var first = await provider.SendAsync(Chat());
        var second = provider.SendAsync(Chat());
        time.Advance(TimeSpan.FromSeconds(60));
        var error = await Should.ThrowAsync<ProviderException>(() => second.WaitAsync(Patience));
        error.Status.ShouldBe(503);
        error.Message.ShouldContain("Granary:Providers:openai:MaxConcurrentCalls");
    }

    [Fact]
    public async Task An_answer_may_outlive_its_provider()
    {
        await using var upstream = FakeUpstream.Of(Answer(200, "one"));
        var provider = Provider(upstream.Address);
        var answer = await provider.SendAsync(Chat());
        provider.Dispose();
        Should.NotThrow(answer.Dispose);
    }

    [Fact]
    public async Task Redirects_are_not_followed_with_the_key()
    {
        await using var other = FakeUpstream.Of(Answer(200, "stolen"));
        await using var upstream = FakeUpstream.Of(Answer(307, "", ("Location", other.Address)));
        using var provider = Provider(upstream.Address, kind: ProviderKind.Anthropic);
        using var response = await provider.SendAsync(Chat());
        response.Status.ShouldBe(307);
        other.Requests.ShouldBeEmpty();
    }

    /// <summary>Waits until the provider waits for its repeat, looks that nothing happens before that time, and lets it pass.</summary>
    private static async Task<TimeSpan> WaitForRepeatAsync(ManualTimeProvider time, FakeUpstream upstream, TimeSpan? expected = null)
    {
        // The timer of the try's patience is gone when the repeat's is there; until then the next one is a minute away or more.
        await UntilAsync(() => upstream.Requests.Count == 1 && time.NextTimer - time.GetUtcNow() < TimeSpan.FromSeconds(31));
        var wait = time.NextTimer!.Value - time.GetUtcNow();
        if (expected is { } exact)
            wait.ShouldBe(exact);
        time.Advance(wait - TimeSpan.FromTicks(1));
        upstream.Requests.Count.ShouldBe(1);
        time.Advance(TimeSpan.FromTicks(1));
        return wait;
    }

    /// <summary>Waits for what another thread does.</summary>
    private static async Task UntilAsync(Func<bool> condition)
    {
        var waited = Stopwatch.StartNew();
        while (!condition())
        {
            waited.Elapsed.ShouldBeLessThan(Patience);
            await Task.Delay(5);
        }
    }
}
