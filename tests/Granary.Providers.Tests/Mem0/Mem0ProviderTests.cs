using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Granary.Conformance.Time;
using Granary.Providers.Mem0;
using Microsoft.AspNetCore.Http;

namespace Granary.Providers.Tests.Mem0;

/// <summary>Services of all habits.</summary>
public sealed class Mem0ProviderTests : IAsyncLifetime
{
    private const string Key = "m0-key-nobody-may-read";
    private const string Secret = "shared-secret-nobody-may-read";

    private static readonly UserKey Ada = new("acme", "ada");
    private static readonly UserKey Bob = new("acme", "bob");

    private readonly List<Mem0MemoryProvider> _opened = [];
    private FakeService _service = null!;

    public async Task InitializeAsync() => _service = await FakeService.StartAsync();

    public async Task DisposeAsync()
    {
        _opened.ForEach(provider => provider.Dispose());
        await _service.DisposeAsync();
    }

    [Theory]
    [InlineData("results", true, true)]
    [InlineData("results", true, false)]
    [InlineData("memories", false, true)]
    [InlineData("memories", false, false)]
    [InlineData(null, true, false)]
    [InlineData(null, false, true)]
    public async Task Whatever_form_answers_have_the_whole_round_works(string? wrap, bool newer, bool pages)
    {
        (_service.Wrap, _service.HasV3, _service.HasPages) = (wrap, newer, pages);
        var provider = Open();
        var kept = await RememberAsync(provider, "one tea", "two tea", "three coffee", "four", "five");

        (await provider.RecallAsync(Ada, new ProviderQuery { Query = "TEA" })).Select(memory => memory.Content).ShouldBe(["one tea", "two tea"], ignoreOrder: true);
        (await provider.GetAsync(Ada, kept[0].Id)).Content.ShouldBe("one tea");
        (await ContentsAsync(2, 0)).ShouldBe(["five", "four"]);
        (await ContentsAsync(2, 2)).ShouldBe(["three coffee", "two tea"]);
        (await ContentsAsync(2, 1)).ShouldBe(["four", "three coffee"]);
        (await ContentsAsync(2, 4)).ShouldBe(["one tea"]);
        (await ContentsAsync(2, 6)).ShouldBeEmpty();
        (await ContentsAsync(100, 0)).Count.ShouldBe(5);
        (await provider.DeleteAsync(Ada, kept[0].Id)).ShouldBeTrue();
        (await provider.DeleteAsync(Ada, kept[0].Id)).ShouldBeFalse();
        await Should.ThrowAsync<NotFoundException>(() => provider.GetAsync(Ada, kept[0].Id));
        (await provider.EraseAsync(Ada)).ShouldBe(4);
        (await ContentsAsync(100, 0)).ShouldBeEmpty();

        var adding = _service.Requests.First(request => request.Path.EndsWith("/add/", StringComparison.Ordinal) || request is { Method: "POST", Path: "/v1/memories/" });
        adding.Path.ShouldBe(newer ? "/v3/memories/add/" : "/v1/memories/");
        ((bool)adding.Body!["infer"]!).ShouldBeFalse();

        async Task<List<string>> ContentsAsync(int limit, int offset) => [.. (await provider.ListAsync(Ada, limit, offset)).Memories.Select(memory => memory.Content)];
    }

    [Fact]
    public async Task The_routes_are_found_out_once()
    {
        _service.HasV3 = false;
        var provider = Open();
        await RememberAsync(provider, "one", "two");
        await provider.RecallAsync(Ada, new ProviderQuery { Query = "one" });
        _service.Requests.Count(request => request.Path.StartsWith("/v3/", StringComparison.Ordinal)).ShouldBe(1);
        _service.Requests.Where(request => request.Path.StartsWith("/v3/", StringComparison.Ordinal)).ShouldAllBe(request => (string)request.Body!["filters"]!["user_id"]! == "acme:ada");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_answer_with_an_id_only_or_with_nothing_leads_to_the_memory(bool id)
    {
        (_service.AnswersIdOnly, _service.AnswersNothing) = (id, !id);
        var kept = await RememberAsync(Open(), "Ada likes tea");
        (kept[0].Content, kept[0].Duplicate).ShouldBe(("Ada likes tea", false));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_memory_that_is_put_off_is_answered_when_it_is_there(bool events)
    {
        (_service.PutOff, _service.HasEvents) = (1, events);
        _service.Plant("acme:ada", "tea");
        var provider = Open();
        var kept = (await RememberAsync(provider, "tea"))[0];

        // Not the other that says the same: this one was to be added, and was.
        (kept.Id, kept.Duplicate).ShouldBe(("id-2", false));
        (await provider.GetAsync(Ada, kept.Id)).Content.ShouldBe("tea");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_memory_that_does_not_come_or_fails_is_not_acknowledged(bool fails)
    {
        (_service.PutOff, _service.Fails) = (1_000_000, fails);
        var provider = Open(options => options.PendingTimeout = TimeSpan.Zero);
        (await Should.ThrowAsync<UnavailableException>(() => RememberAsync(provider, "tea"))).Message.ShouldContain(fails ? "failed to keep it" : "does not have it yet");
    }

    [Fact]
    public async Task A_signature_with_a_time_is_made_for_each_call_and_stands_in_for_a_key()
    {
        var time = new ManualTimeProvider(DateTimeOffset.FromUnixTimeSeconds(1_800_000_000));
        _service.Instead = context =>
        {
            // As a service checks it: within 300 seconds, and made with the secret.
            var token = context.Request.Headers.Authorization.ToString()["Bearer ".Length..].Split(':');
            var age = time.GetUtcNow().ToUnixTimeSeconds() - long.Parse(token[0], CultureInfo.InvariantCulture);
            context.Response.StatusCode = Math.Abs(age) <= 300 && token[1] == Hmac(token[0]) ? 200 : 401;
            return Task.FromResult(context.Response.StatusCode == 401);
        };
        var provider = Open(options => options.HmacSecret = Secret, time);
        await RememberAsync(provider, "one");
        time.Advance(TimeSpan.FromHours(1));
        await RememberAsync(provider, "two");
        (await provider.CheckHealthAsync()).Healthy.ShouldBeTrue();

        _service.Requests.Last(request => request.Method == "POST").Headers["X-User-Id"].ShouldBe("acme:ada");
        _service.Requests.Last().Headers.ContainsKey("X-User-Id").ShouldBeFalse();
        _service.Requests.ShouldAllBe(request => !request.Headers.ContainsKey("X-Signature"));
    }

    [Fact]
    public async Task Beside_a_key_the_signature_has_a_header_of_its_own()
    {
        var time = new ManualTimeProvider(DateTimeOffset.FromUnixTimeSeconds(1_800_000_000));
        await RememberAsync(Open(options => (options.HmacSecret, options.ApiKey, options.KeyScheme) = (Secret, Key, Mem0KeyScheme.Token), time), "one");
        var headers = _service.Requests.Last().Headers;
        headers["Authorization"].ShouldBe($"Token {Key}");
        headers["X-Signature"].ShouldBe("1800000000:" + Hmac("1800000000"));
    }

    [Fact]
    public async Task The_older_signature_is_made_only_where_it_is_asked_for()
    {
        await RememberAsync(Open(options => (options.HmacSecret, options.ApiKey, options.Signature) = (Secret, Key, Mem0Signature.User)), "one");
        var headers = _service.Requests.Last().Headers;
        headers["Authorization"].ShouldBe($"Bearer {Key}");
        headers["X-User-Context"].ShouldBe("acme:ada");
        headers["X-Signature"].ShouldBe(Hmac("user:acme:ada"));
    }

    [Fact]
    public async Task A_service_that_ignores_the_user_gives_nothing_of_others_away()
    {
        var provider = Open();
        await provider.RememberAsync(Bob, new ProviderDraft { Content = "Bob's secret tea" });
        await RememberAsync(provider, "Ada's tea");
        _service.Leaks = true;
        Func<Task>[] calls = [() => provider.RecallAsync(Ada, new ProviderQuery { Query = "tea" }), () => provider.ListAsync(Ada), () => provider.EraseAsync(Ada)];
        foreach (var call in calls)
        {
            var error = await Should.ThrowAsync<UnavailableException>(call);
            error.Message.ShouldContain("another user");
            error.Message.ShouldNotContain("Bob");
        }

        _service.Requests.ShouldAllBe(request => request.Method != "DELETE");
    }

    [Fact]
    public async Task A_memory_of_another_is_not_found_and_never_deleted()
    {
        var provider = Open();
        var bobs = await provider.RememberAsync(Bob, new ProviderDraft { Content = "tea" });
        await Should.ThrowAsync<NotFoundException>(() => provider.GetAsync(Ada, bobs.Id));
        (await provider.DeleteAsync(Ada, bobs.Id)).ShouldBeFalse();
        (await provider.DeleteAsync(new UserKey("other", "bob"), bobs.Id)).ShouldBeFalse();
        _service.Requests.ShouldAllBe(request => request.Method != "DELETE");
    }

    [Fact]
    public async Task A_service_that_does_not_say_whose_a_memory_is_is_not_believed()
    {
        _service.Plant("acme:ada", "tea", "m1").Remove("user_id");
        _service.Instead = context => Say(context, """{"results":[{"id":"m1","memory":"tea","created_at":"2026-01-01T00:00:00Z"}]}""");
        var provider = Open(options => options.Api = Mem0Api.V3);
        (await Should.ThrowAsync<UnavailableException>(() => provider.ListAsync(Ada))).Message.ShouldContain("whose");
        (await Should.ThrowAsync<UnavailableException>(() => provider.DeleteAsync(Ada, "m1"))).Message.ShouldContain("whose");
    }

    [Theory]
    [InlineData("this is no JSON", "no JSON")]
    [InlineData("""{"results":[{"id":"m1","memory":"tea""", "no JSON")]
    [InlineData("""{"results":[{"user_id":"acme:ada","memory":"tea","created_at":"2026-01-01T00:00:00Z"}]}""", "without an id")]
    [InlineData("""{"results":[{"user_id":"acme:ada","id":"a/../b","memory":"tea","created_at":"2026-01-01T00:00:00Z"}]}""", "without an id")]
    [InlineData("""{"results":[{"user_id":"acme:ada","id":"m1","created_at":"2026-01-01T00:00:00Z"}]}""", "without a text")]
    [InlineData("""{"results":[{"user_id":"acme:ada","id":"m1","memory":"tea"}]}""", "when")]
    public async Task An_answer_that_makes_no_sense_is_a_failure_of_the_service(string answer, string why)
    {
        _service.Instead = context => Say(context, answer);
        (await Should.ThrowAsync<UnavailableException>(() => Open(options => options.Api = Mem0Api.V3).ListAsync(Ada))).Message.ShouldContain(why);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("7")]
    [InlineData("""{"results":null}""")]
    [InlineData("""{"results":[null,7,"x"]}""")]
    public async Task An_answer_without_memories_is_empty(string answer)
    {
        _service.Instead = context => Say(context, answer);
        var provider = Open(options => options.Api = Mem0Api.V3);
        (await provider.ListAsync(Ada)).Memories.ShouldBeEmpty();
        (await provider.RecallAsync(Ada, new ProviderQuery { Query = "tea" })).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_answer_that_breaks_off_or_is_too_large_is_a_failure_of_the_service()
    {
        var provider = Open(options => (options.Api, options.MaxResponseBytes) = (Mem0Api.V3, 2_000));
        _service.Instead = async context =>
        {
            context.Response.ContentLength = 500;
            await context.Response.WriteAsync("""{"results":[""");
            await context.Response.Body.FlushAsync();
            context.Abort();
            return true;
        };
        (await Should.ThrowAsync<UnavailableException>(() => provider.ListAsync(Ada))).Message.ShouldContain("service");
        foreach (var told in new[] { true, false })
        {
            _service.Instead = async context =>
            {
                var body = new byte[100_000];
                Array.Fill(body, (byte)' ');
                context.Response.ContentLength = told ? body.Length : null;
                await context.Response.Body.WriteAsync(body);
                return true;
            };
            (await Should.ThrowAsync<UnavailableException>(() => provider.ListAsync(Ada))).Message.ShouldContain("2000 bytes");
        }
    }

    [Fact]
    public async Task A_service_that_takes_too_long_is_not_waited_for()
    {
        var time = new ManualTimeProvider();
        var asked = new TaskCompletionSource();
        _service.Instead = async context =>
        {
            asked.SetResult();
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
            return true;
        };
        var listing = Open(options => options.Api = Mem0Api.V3, time).ListAsync(Ada);
        await asked.Task;
        time.Advance(TimeSpan.FromSeconds(30));
        (await Should.ThrowAsync<UnavailableException>(() => listing)).Message.ShouldContain("30 seconds");
    }

    [Fact]
    public async Task A_redirect_is_not_followed()
    {
        await using var elsewhere = await FakeService.StartAsync();
        _service.Instead = context =>
        {
            context.Response.Redirect(elsewhere.Address + "v3/memories/", permanent: false, preserveMethod: true);
            return Task.FromResult(true);
        };
        await Should.ThrowAsync<UnavailableException>(() => Open(options => (options.ApiKey, options.Api) = (Key, Mem0Api.V3)).ListAsync(Ada));
        elsewhere.Requests.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(400, null, typeof(InvalidRequestException), 0)]
    [InlineData(401, null, typeof(UnavailableException), 60)]
    [InlineData(403, null, typeof(UnavailableException), 60)]
    [InlineData(404, null, typeof(UnavailableException), 60)]
    [InlineData(409, null, typeof(ConflictException), 0)]
    [InlineData(413, null, typeof(TooLargeException), 0)]
    [InlineData(422, null, typeof(InvalidRequestException), 0)]
    [InlineData(429, "7", typeof(UnavailableException), 7)]
    [InlineData(429, "999999999", typeof(UnavailableException), 3_600)]
    [InlineData(500, null, typeof(UnavailableException), 1)]
    [InlineData(503, "Thu, 01 Jan 2026 00:01:30 GMT", typeof(UnavailableException), 90)]
    public async Task What_the_service_refuses_is_told_with_its_words_but_without_secrets(int status, string? retryAfter, Type expected, int seconds)
    {
        _service.Instead = async context =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers.RetryAfter = retryAfter;
            await context.Response.WriteAsync($"so sorry\r\n{context.Request.Headers.Authorization} {Secret} {context.Request.Headers["X-Signature"]} {new string('x', 100_000)}");
            return true;
        };
        var provider = Open(options => (options.ApiKey, options.HmacSecret, options.Api) = (Key, Secret, Mem0Api.V1), new ManualTimeProvider());
        var error = await Should.ThrowAsync<MemoryException>(() => RememberAsync(provider, "tea"));
        error.ShouldBeOfType(expected);
        error.Message.ShouldContain("so sorry");
        error.Message.Length.ShouldBeLessThan(1_000);
        foreach (var secret in new[] { Key, Secret, Hmac("1767225600"), "\n" })
        {
            error.Message.ShouldNotContain(secret);
        }

        if (error is UnavailableException unavailable)
        {
            unavailable.RetryAfter.ShouldBe(TimeSpan.FromSeconds(seconds));
        }

        var health = await provider.CheckHealthAsync();
        (health.Healthy, health.Error is null).ShouldBe((false, false));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Not_found_while_the_service_is_away_says_nothing_of_its_version(bool newer)
    {
        (_service.HasV3, _service.HasV1) = (newer, !newer);
        _service.Instead = context =>
        {
            context.Response.StatusCode = 404;
            return Task.FromResult(true);
        };
        var provider = Open();
        await Should.ThrowAsync<UnavailableException>(() => RememberAsync(provider, "tea"));
        _service.Instead = null;
        await RememberAsync(provider, "tea");
        await RememberAsync(provider, "coffee");
        _service.Requests.Count(request => request is { Method: "POST", Path: "/v3/memories/add/" }).ShouldBe(newer ? 2 : 0);
        _service.Requests.Count(request => request is { Method: "POST", Path: "/v1/memories/" }).ShouldBe(newer ? 0 : 2);
    }

    [Fact]
    public async Task An_error_repeats_what_the_service_said_and_has_the_status_alone_inside()
    {
        _service.Instead = async context =>
        {
            context.Response.StatusCode = 500;
            return await Say(context, "Ada likes tea");
        };
        var error = await Should.ThrowAsync<UnavailableException>(() => RememberAsync(Open(), "tea"));
        error.Message.ShouldContain("Ada likes tea");
        var inner = error.InnerException.ShouldBeOfType<HttpRequestException>();
        (inner.Message, inner.StatusCode).ShouldBe(("HTTP 500", System.Net.HttpStatusCode.InternalServerError));
    }

    [Fact]
    public async Task Health_takes_the_route_that_there_is()
    {
        _service.HasPing = false;
        var provider = Open();
        await RememberAsync(provider, "tea");
        var health = await provider.CheckHealthAsync(Ada);
        (health.Healthy, health.TotalMemories).ShouldBe((true, 1));
        await provider.CheckHealthAsync();
        _service.Requests.Count(request => request.Path == "/v1/ping/").ShouldBe(1);
        _service.Requests.Count(request => request.Path == "/health").ShouldBe(2);
    }

    [Fact]
    public async Task Metadata_of_the_callers_under_our_own_name_come_back()
    {
        var provider = Open();
        foreach (var metadata in new[] { """{"a":1,"granary":{"agent":"evil"}}""", """{"granary":7}""", "{}" })
        {
            var kept = await provider.RememberAsync(Ada, new ProviderDraft { Content = metadata, AgentId = "coach", Metadata = JsonElement.Parse(metadata) });
            var read = await provider.GetAsync(Ada, kept.Id);
            read.Metadata!.Value.GetRawText().ShouldBe(metadata);
            read.AgentId.ShouldBe("coach");
        }

        (await provider.GetAsync(Ada, (await RememberAsync(provider, "none"))[0].Id)).Metadata.ShouldBeNull();
    }

    [Fact]
    public async Task A_filter_holds_over_more_than_is_asked_for()
    {
        var provider = Open(options => options.SendAgentIds = false);
        await provider.RememberAsync(Ada, new ProviderDraft { Content = "tea of the coach", AgentId = "coach" });
        await RememberAsync(provider, [.. Enumerable.Range(0, 20).Select(number => $"tea {number}")]);
        _service.Plant("acme:ada", "tea that others kept");

        var found = await provider.RecallAsync(Ada, new ProviderQuery { Query = "tea", Limit = 1, Filter = new MemoryFilter { AgentId = "coach" } });
        found.ShouldHaveSingleItem().Content.ShouldBe("tea of the coach");
        (await provider.RecallAsync(Ada, new ProviderQuery { Query = "tea", Limit = 50, Filter = new MemoryFilter { AgentId = Ids.DefaultAgent } })).Count.ShouldBe(21);
        _service.Requests.ShouldAllBe(request => request.Body == null || request.Body["agent_id"] == null);
    }

    [Fact]
    public async Task An_erasure_without_a_route_of_its_own_is_done_one_by_one()
    {
        _service.HasDeleteAll = false;
        var provider = Open();
        await provider.RememberAsync(Bob, new ProviderDraft { Content = "Bob's" });
        await RememberAsync(provider, [.. Enumerable.Range(0, 120).Select(number => $"tea {number}")]);
        (await provider.EraseAsync(Ada)).ShouldBe(120);
        (await provider.ListAsync(Ada)).Memories.ShouldBeEmpty();
        (await provider.ListAsync(Bob)).Memories.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task An_erasure_that_is_only_promised_is_done_one_by_one_after_a_while()
    {
        _service.Forgets = true;
        var provider = Open(options => options.PendingTimeout = TimeSpan.Zero);
        await RememberAsync(provider, "one", "two");
        (await provider.EraseAsync(Ada)).ShouldBe(2);
        (await provider.ListAsync(Ada)).Memories.ShouldBeEmpty();
    }

    private Mem0MemoryProvider Open(Action<Mem0ProviderOptions>? configure = null, TimeProvider? time = null)
    {
        var options = new Mem0ProviderOptions { BaseUrl = _service.Address.ToString() };
        configure?.Invoke(options);
        var provider = new Mem0MemoryProvider(options, time);
        _opened.Add(provider);
        return provider;
    }

    private static async Task<List<ProviderMemory>> RememberAsync(Mem0MemoryProvider provider, params string[] contents)
    {
        var kept = new List<ProviderMemory>();
        foreach (var content in contents)
        {
            kept.Add(await provider.RememberAsync(Ada, new ProviderDraft { Content = content }));
        }

        return kept;
    }

    private static async Task<bool> Say(HttpContext context, string json)
    {
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(json);
        return true;
    }

    private static string Hmac(string text) => Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), Encoding.UTF8.GetBytes(text)));
}
