using System.Net;
using System.Net.Sockets;
using Granary.Client.Tests.Support;
using Granary.Serialization;
using Granary.Wire;
using static Granary.Client.Tests.Support.Samples;

namespace Granary.Client.Tests;

public sealed class RetryTests
{
    private static readonly HttpRequestException Refused = new(HttpRequestError.ConnectionError, "refused", new SocketException(111));
    private static readonly HttpRequestException Broken = new(HttpRequestError.ResponseEnded, "broke off");

    private readonly FakeService _service = new();
    private readonly ManualTime _time = new();

    public static TheoryData<int> PassingStatuses => [408, 429, 502, 503, 504];

    [Theory]
    [MemberData(nameof(PassingStatuses))]
    public async Task An_append_is_repeated_with_the_same_key_and_the_same_bytes(int status)
    {
        _service.AnswersProblem(status, "x").Throws(Broken).AnswersJson(StoredJson, headers: ("Idempotency-Replayed", "true"));
        var stored = await _service.Client().StoreTurnAsync("s1", "Hello", "Hi");
        stored.Replayed.ShouldBeTrue();
        _service.Requests.Count.ShouldBe(3);
        _service.Requests.Select(request => request.Header("Idempotency-Key")).Distinct().ShouldHaveSingleItem().ShouldNotBeNullOrEmpty();
        _service.Requests.Select(request => request.Text).Distinct().ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Messages_and_batches_are_repeated_with_the_same_keys()
    {
        _service.Throws(Broken).AnswersJson(Appended).Throws(Broken)
            .AnswersJson(Json(new StoreBatchResponse([], 0, 0), GranaryJson.Default.StoreBatchResponse));
        var client = _service.Client();
        await client.AppendAsync("s1", new AppendRequest { Messages = [new Message { Role = MessageRole.User, Content = "Hi" }] });
        await client.StoreTurnsAsync(new StoreBatchRequest { Turns = [new() { SessionId = "s1", UserMessage = "a", AgentMessage = "b" }] });
        var requests = _service.Requests.ToArray();
        requests[1].Header("Idempotency-Key").ShouldBe(requests[0].Header("Idempotency-Key"));
        requests[3].Text.ShouldBe(requests[2].Text);
    }

    [Fact]
    public async Task An_answer_that_breaks_off_in_its_middle_is_repeated()
    {
        _service.Answers(_ => new HttpResponseMessage(HttpStatusCode.OK) { Content = new StreamContent(new BreakingStream("{\"session_id\":"u8.ToArray())) })
            .AnswersJson(ContextJson);
        (await _service.Client().GetContextAsync("s1")).SessionId.ShouldBe("s1");
        _service.Requests.Count.ShouldBe(2);
    }

    [Theory]
    [InlineData(400)]
    [InlineData(401)]
    [InlineData(403)]
    [InlineData(404)]
    [InlineData(409)]
    [InlineData(410)]
    [InlineData(412)]
    [InlineData(413)]
    [InlineData(500)]
    public async Task What_would_fail_again_is_not_repeated(int status)
    {
        _service.AnswersProblem(status, "x");
        await Should.ThrowAsync<MemoryException>(() => _service.Client().GetContextAsync("s1"));
        _service.Requests.Count.ShouldBe(1);
    }

    public static TheoryData<string, Func<GranaryClient, Task>> NotRepeatable => new()
    {
        { "start", client => client.StartSessionAsync(new StartSessionRequest { SessionId = "s1" }) },
        { "start by key values", client => client.StartSessionAsync(new StartSessionRequest { KeyValues = new Dictionary<string, string>() }) },
        { "compact", client => client.CompactAsync("s1", new CompactOptions { Force = true }) },
        { "clear", client => client.ClearAsync("s1", true) },
        { "conditional delete", client => client.DeleteSessionAsync("s1", "\"1-1\"") },
        { "conditional put", client => client.PutResourceAsync(new MemoryResource { Name = "r" }, ifMatch: "\"1\"") },
        { "put of a new one", client => client.PutResourceAsync(new MemoryResource { Name = "r" }, onlyIfNew: true) },
        { "delete of a resource", client => client.DeleteResourceAsync("r") },
        { "import of resources", client => client.ImportResourcesAsync(new ResourceImportRequest()) },
        { "import of memories", client => client.ImportMemoriesAsync(new MemoryStream("{}\n"u8.ToArray())) },
        { "import", client => client.ImportSessionAsync(new MemoryStream("{}\n"u8.ToArray())) },
    };

    [Theory]
    [MemberData(nameof(NotRepeatable))]
    public async Task A_change_without_a_key_is_not_repeated_when_the_service_may_have_begun_with_it(string what, Func<GranaryClient, Task> call)
    {
        _service.Throws(Broken);
        (await Should.ThrowAsync<UnavailableException>(() => call(_service.Client()))).Code.ShouldBe(ClientErrorCodes.Unreachable, what);
        _service.Requests.Count.ShouldBe(1);
        var storage = new FakeService().AnswersProblem(503, ErrorCodes.StorageUnavailable);
        (await Should.ThrowAsync<UnavailableException>(() => call(storage.Client()))).Code.ShouldBe(ErrorCodes.StorageUnavailable, what);
        storage.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_change_without_a_key_is_repeated_when_the_service_certainly_did_not_begin_with_it()
    {
        _service.Throws(Refused).AnswersProblem(429, ErrorCodes.RateLimited)
            .AnswersJson(Json(new ClearResult(true, "s1", 1, 2, true), GranaryJson.Default.ClearResult));
        await _service.Client().ClearAsync("s1", true);
        _service.Requests.Count.ShouldBe(3);
    }

    [Fact]
    public async Task A_start_without_an_id_gets_one_here_so_that_it_can_be_repeated()
    {
        _service.Throws(Broken).Answers(seen =>
            FakeService.Json(Started(seen.Json.GetProperty("session_id").GetString()!, restored: true), HttpStatusCode.OK, "application/json"));
        var started = await _service.Client().StartSessionAsync(new StartSessionRequest { Restore = false });
        _service.Requests.Select(request => request.Text).Distinct().ShouldHaveSingleItem();
        started.Value.SessionId.ShouldBe(_service.Requests.First().Json.GetProperty("session_id").GetString());
        started.Value.Restored.ShouldBeFalse();
    }

    [Fact]
    public async Task The_last_failure_is_thrown_when_the_repeats_are_used_up()
    {
        _service.AnswersProblem(503, ErrorCodes.StorageUnavailable, "The disk is full.", headers: ("Retry-After", "7"));
        var error = await Should.ThrowAsync<UnavailableException>(
            () => _service.Client(options => options.MaxRetries = 0).StoreTurnAsync("s1", "a", "b"));
        (error.Code, error.RetryAfter, error.Message).ShouldBe((ErrorCodes.StorageUnavailable, TimeSpan.FromSeconds(7), "The disk is full."));
        error.GetIdempotencyKey().ShouldBe(_service.Only.Header("Idempotency-Key"));
        var third = new FakeService().Throws(Broken);
        await Should.ThrowAsync<UnavailableException>(() => third.Client(options => options.MaxRetries = 2).GetContextAsync("s1"));
        third.Requests.Count.ShouldBe(3);
    }

    [Fact]
    public async Task Pauses_double_up_to_the_longest()
    {
        _service.Throws(Broken);
        var call = Client(options =>
        {
            options.RetryDelay = TimeSpan.FromMilliseconds(100);
            options.MaxRetryDelay = TimeSpan.FromMilliseconds(350);
        }).GetContextAsync("s1");
        var pauses = new List<double>();
        for (var i = 0; i < 4; i++)
            pauses.Add((await _time.PassAsync(IsPause)).TotalMilliseconds);
        await Should.ThrowAsync<UnavailableException>(() => call);
        pauses.ShouldBe([100, 200, 350, 350]);
    }

    [Fact]
    public void Pauses_are_spread_over_their_upper_half()
    {
        var random = new Queue<double>([0, 0.5, 1]);
        var backoff = new Http.Backoff(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(1), random.Dequeue);
        Enumerable.Range(0, 3).Select(_ => backoff.Pause(0).TotalMilliseconds).ShouldBe([50, 75, 100]);
        new Http.Backoff(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(1), () => 1).Pause(int.MaxValue).ShouldBe(TimeSpan.FromSeconds(1));
    }

    [Theory]
    [InlineData("3")]
    [InlineData("Sat, 01 Mar 2025 12:00:03 GMT")]
    public async Task A_longer_Retry_After_wins_over_the_client_s_own_pause(string retryAfter)
    {
        _service.AnswersProblem(429, ErrorCodes.RateLimited, headers: ("Retry-After", retryAfter)).AnswersJson(ContextJson);
        var call = Client().GetContextAsync("s1");
        (await _time.PassAsync(IsPause)).ShouldBe(TimeSpan.FromSeconds(3));
        await call;
        _service.Requests.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_Retry_After_beyond_the_deadline_is_told_at_once()
    {
        _service.AnswersProblem(429, ErrorCodes.RateLimited, headers: ("Retry-After", "60"));
        var error = await Should.ThrowAsync<UnavailableException>(() => Client().GetContextAsync("s1").WaitAsync(TimeSpan.FromSeconds(20)));
        (error.Code, error.RetryAfter).ShouldBe((ErrorCodes.RateLimited, TimeSpan.FromSeconds(60)));
        _service.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task The_deadline_bounds_all_attempts_together()
    {
        _service.Hangs();
        var call = Client(options => options.MaxRetries = 100).GetContextAsync("s1");
        var began = _time.GetUtcNow();
        for (var attempt = 0; attempt < 2; attempt++)
        {
            await _time.PassAsync(time => time == TimeSpan.FromSeconds(10));
            await _time.PassAsync(time => time == TimeSpan.FromMilliseconds(1));
        }

        await _time.PassAsync(time => time == TimeSpan.FromSeconds(10));
        var error = await Should.ThrowAsync<UnavailableException>(() => call);
        error.Code.ShouldBe(ClientErrorCodes.DeadlineExceeded);
        error.InnerException.ShouldBeOfType<UnavailableException>().Code.ShouldBe(ClientErrorCodes.Unreachable);
        (_time.GetUtcNow() - began).TotalSeconds.ShouldBe(30, tolerance: 0.1);
        _service.Requests.Count.ShouldBe(3);
    }

    [Fact]
    public async Task A_change_that_is_not_repeated_has_the_whole_deadline_for_its_one_attempt()
    {
        _service.Hangs();
        var call = Client().CompactAsync("s1", new CompactOptions { Force = true });
        _time.Advance(TimeSpan.FromSeconds(29));
        call.IsCompleted.ShouldBeFalse();
        _time.Advance(TimeSpan.FromSeconds(1));
        (await Should.ThrowAsync<UnavailableException>(() => call)).Code.ShouldBe(ClientErrorCodes.DeadlineExceeded);
        _service.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task The_caller_can_end_a_call_during_an_attempt_and_during_a_pause()
    {
        using var ending = new CancellationTokenSource();
        _service.Hangs();
        var attempt = Client().GetContextAsync("s1", cancellationToken: ending.Token);
        await ending.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => attempt);

        using var later = new CancellationTokenSource();
        var broken = new FakeService().Throws(Broken);
        var pause = broken.Client(options => options.RetryDelay = options.MaxRetryDelay = TimeSpan.FromSeconds(2), _time)
            .GetContextAsync("s1", cancellationToken: later.Token);
        pause.IsCompleted.ShouldBeFalse();
        await later.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => pause);
        broken.Requests.Count.ShouldBe(1);
    }

    private static bool IsPause(TimeSpan time) => time < TimeSpan.FromSeconds(10);

    private GranaryClient Client(Action<GranaryClientOptions>? configure = null) => _service.Client(configure, _time);

    /// <summary>A body that ends with a broken connection.</summary>
    private sealed class BreakingStream(byte[] start) : MemoryStream(start)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = Read(buffer.Span);
            return read > 0 ? ValueTask.FromResult(read) : throw new HttpIOException(HttpRequestError.ResponseEnded);
        }
    }
}
