using System.Collections.Concurrent;
using Granary.Core.Tokens;
using Granary.Llm;
using Granary.Llm.Audit;
using Granary.Llm.Requests;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Granary.Http.Tests.Proxy;

/// <summary>Every call of the proxy is recorded, however it ends, and shown to the hooks.</summary>
public sealed class ProxyAuditTests : ProxyTest
{
    private const string UsageChunk = """data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"gpt-4o","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}""" + "\n\n";

    private readonly Calls _calls = new();
    private readonly Hook _hook = new();
    private readonly Counter _counter = new();

    public override Task InitializeAsync()
    {
        Fixture.Services = services =>
        {
            services.AddSingleton<IAuditLog>(_calls);
            services.AddSingleton<ITokenCounter>(_counter);
            services.AddSingleton<IInvocationHook>(_hook);
        };
        return base.InitializeAsync();
    }

    [Fact]
    public async Task A_whole_answer_is_recorded_with_what_it_took()
    {
        await Api.PostAsync("/v1/chat/completions", Texts.Ask("u:Hello"), ("X-Session-ID", "s"), ("X-Agent-ID", "helper"));

        var call = await OneAsync();
        (call.Tenant, call.User, call.Session, call.Agent).ShouldBe(("default", "ada", "s", "helper"));
        (call.Model, call.Provider, call.Kind, call.Outcome, call.ErrorCode).ShouldBe(("gpt-4o", "openai", AuditKind.Chat, AuditOutcome.Completed, null));
        (call.Usage!.InputTokens, call.Usage.OutputTokens, call.Streaming, call.TimeToFirstToken).ShouldBe((3, 2, false, null));
        (call.FirstSequence, call.LastSequence).ShouldBe((1, 2));
        call.StoredAt.ShouldNotBeNull().ShouldBeGreaterThanOrEqualTo(call.StartedAt);
        call.Latency.ShouldBeGreaterThan(TimeSpan.Zero);
    }

    [Fact]
    public async Task A_stream_is_recorded_with_its_first_token_and_its_tools()
    {
        Upstream.Streams([
            Texts.Chunk("""{"role":"assistant","content":"Hm."}"""),
            Texts.Chunk("""{"tool_calls":[{"index":0,"id":"call_a","type":"function","function":{"name":"clock","arguments":"{}"}}]}"""),
            """data: {"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}""" + "\n\n", UsageChunk, "data: [DONE]\n\n"]);
        await StreamAsync("s", "u:Hello");

        var call = await OneAsync();
        (call.Outcome, call.Streaming, call.ToolCalls, call.Usage?.OutputTokens, call.LastSequence).ShouldBe((AuditOutcome.Completed, true, 1, 2, 2L));
        call.TimeToFirstToken.ShouldNotBeNull().ShouldBeLessThanOrEqualTo(call.Latency);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_call_that_is_relayed_unchanged_is_recorded_too(bool stream)
    {
        if (stream)
        {
            Upstream.Streams([.. Texts.ChatStream("Hi")[..^1], UsageChunk, "data: [DONE]\n\n"]);
        }

        await Fixture.Server.Client().PostAsync("/v1/chat/completions", Texts.Ask(["u:Hello"], stream ? ""","stream":true""" : ""));

        var call = await OneAsync();
        (call.User, call.Session, call.Model, call.Provider, call.Outcome).ShouldBe((null, null, "gpt-4o", "openai", AuditOutcome.Completed));
        (call.Usage!.InputTokens, call.Streaming, call.TimeToFirstToken is not null).ShouldBe((3, stream, stream));
    }

    [Fact]
    public async Task Embeddings_are_recorded()
    {
        Upstream.Always("""{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.5]}],"model":"text-embedding-3-small","usage":{"prompt_tokens":7,"total_tokens":7}}""");
        (await Api.PostAsync("/v1/embeddings", """{"model":"text-embedding-3-small","input":"x"}""")).ShouldBe(200);

        var call = await OneAsync();
        (call.Kind, call.User, call.Model, call.Usage!.InputTokens, call.Outcome).ShouldBe((AuditKind.Embeddings, "ada", "text-embedding-3-small", 7, AuditOutcome.Completed));
    }

    [Fact]
    public async Task A_providers_refusal_and_its_absence_are_failures()
    {
        Upstream.Always("""{"error":{"message":"Slow down"}}""", 429);
        await AskAsync("s", "u:Hi");
        var refused = await OneAsync();
        (refused.Outcome, refused.ErrorCode, refused.Usage, refused.LastSequence).ShouldBe((AuditOutcome.Failed, "429", null, null));

        await Upstream.DisposeAsync();
        await AskAsync("s", "u:Hi");
        (await CallsAsync(2))[1].ErrorCode.ShouldBe("provider_failed");
        _hook.After.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_stream_that_breaks_off_is_partial()
    {
        Upstream.Answer = (context, _) => ScriptedUpstream.TornAsync(context, string.Concat(Texts.ChatStream("Under")[..2]));
        await StreamAsync("s", "u:Hi");

        var call = await OneAsync();
        (call.Outcome, call.ErrorCode, call.LastSequence).ShouldBe((AuditOutcome.Partial, "provider_failed", 2L));
        _hook.After.Single().Response.Content.ShouldBe("Under");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_client_that_hangs_up_is_recorded_as_such_and_the_hooks_still_see_what_came(bool remembered)
    {
        var api = remembered ? Api : Fixture.Server.Client();

        var gone = new TaskCompletionSource();
        Upstream.Answer = async (context, _) =>
        {
            await ScriptedUpstream.Sse(context, Texts.ChatStream("Under")[..2]);
            context.RequestAborted.Register(gone.SetResult);
            await gone.Task.WaitAsync(TimeSpan.FromSeconds(30));
        };
        using (var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions"))
        {
            request.Content = new StringContent(Texts.Ask(["u:Hi"], ""","stream":true"""), null, "application/json");
            if (remembered)
            {
                request.Headers.Add("X-Session-ID", "s");
            }

            using var answer = await api.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            await using var body = await answer.Content.ReadAsStreamAsync();
            (await body.ReadAsync(new byte[64])).ShouldBeGreaterThan(0);
        }

        (await OneAsync()).Outcome.ShouldBe(AuditOutcome.Cancelled);
        if (remembered)
        {
            await UntilAsync(() => Task.FromResult(!_hook.After.IsEmpty));
        }
    }

    [Fact]
    public async Task An_answer_that_could_not_be_stored_is_a_failure()
    {
        Cluster.Before = call => call == "append" ? throw new UnavailableException(ErrorCodes.StorageUnavailable, "The store sleeps.", TimeSpan.FromSeconds(1)) : Task.CompletedTask;
        (await AskAsync("s", "u:Hi")).ShouldBe(503);
        var call = await OneAsync();
        (call.Outcome, call.ErrorCode, call.Usage!.OutputTokens).ShouldBe((AuditOutcome.Failed, ErrorCodes.StorageUnavailable, 2));
    }

    [Fact]
    public async Task An_audit_or_a_hook_that_fails_harms_no_call()
    {
        _calls.Error = new InvalidOperationException("full");
        _hook.Error = new InvalidOperationException("broken");
        (await AskAsync("s", "u:Hi")).ShouldBe(200).Text.ShouldBe(Texts.Chat("Understood."));
        (await ViewAsync("s")).Length.ShouldBe(2);
    }

    [Fact]
    public async Task The_end_of_an_answer_does_not_wait_for_a_slow_hook()
    {
        _hook.Slow = new TaskCompletionSource();
        try
        {
            (await AskAsync("s", "u:Hi").WaitAsync(TimeSpan.FromSeconds(30))).ShouldBe(200);
            Upstream.Streams(Texts.ChatStream("Hi"));
            (await StreamAsync("s", "u:Two").WaitAsync(TimeSpan.FromSeconds(30))).ShouldBe(200);
        }
        finally
        {
            _hook.Slow.SetResult();
        }
    }

    [Fact]
    public async Task Hooks_see_the_prompt_as_it_goes_up_and_usage_is_learnt_once()
    {
        await AskAsync("s", "u:One");
        _hook.Change = request => request.Payload["x_seen"] = true;
        await AskAsync("s", "s:Be kind.", "u:Two");
        await CallsAsync(2);
        await UntilAsync(() => Task.FromResult(_hook.After.Count == 2));

        var (prompt, response) = _hook.After.Last();
        prompt.Session.ShouldBe(new SessionKey("default", "ada", "s"));
        prompt.Request.Messages.Select(message => message.Content).ShouldBe(["Be kind.", "One", "Understood.", "Two"]);
        prompt.Tokens.ShouldBe(prompt.Request.Messages.Sum(message => _counter.Count(new Message { Role = message.Role, Content = message.Content }, "gpt-4o")));
        response.Content.ShouldBe("Understood.");
        ((bool?)Upstream.Last.Json["x_seen"]).ShouldBe(true);
        _counter.Observed.ShouldBe([("gpt-4o", _hook.After.First().Request.Tokens, 3), ("gpt-4o", prompt.Tokens, 3)]);
        Fixture.Server.Services.GetRequiredService<UsageTracker>().Usage["gpt-4o"].Calls.ShouldBe(2);
    }

    private async Task<AuditSession> OneAsync() => (await CallsAsync(1)).Single();

    private async Task<AuditSession[]> CallsAsync(int count)
    {
        await UntilAsync(() => Task.FromResult(_calls.All.Count >= count));
        return [.. _calls.All];
    }

    private sealed class Calls : IAuditLog
    {
        public ConcurrentQueue<AuditSession> All { get; } = new();

        public Exception? Error { get; set; }

        public void Record(AuditSession session)
        {
            All.Enqueue(session);
            if (Error is not null)
            {
                throw Error;
            }
        }
    }

    private sealed class Hook : IInvocationHook
    {
        public ConcurrentQueue<(AssembledRequest Request, ChatResponse Response)> After { get; } = new();

        public Action<AssembledRequest> Change { get; set; } = _ => { };

        public Exception? Error { get; set; }

        public TaskCompletionSource? Slow { get; set; }

        public ValueTask BeforeInvokeAsync(AssembledRequest request, CancellationToken cancellationToken = default)
        {
            Change(request);
            return ValueTask.CompletedTask;
        }

        public async ValueTask AfterInvokeAsync(AssembledRequest request, ChatResponse response, CancellationToken cancellationToken = default)
        {
            After.Enqueue((request, response));
            if (Slow is not null)
            {
                await Slow.Task;
            }

            if (Error is not null)
            {
                throw Error;
            }
        }
    }

    private sealed class Counter : ITokenCounter
    {
        private readonly ScriptAwareTokenCounter _counter = new();

        public ConcurrentQueue<(string Model, int Counted, int Reported)> Observed { get; } = new();

        public int Count(string text, string? model) => _counter.Count(text, model);

        public int Count(Message message, string? model) => _counter.Count(message, model);

        public void Observe(string model, int counted, int reported) => Observed.Enqueue((model, counted, reported));
    }
}
