using System.Net.Sockets;
using System.Text;
using Granary.Conformance.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Granary.Http.Tests;

/// <summary>What callers see when the memory behind the API fails, is slow or stops.</summary>
public sealed class FailureTests : IAsyncLifetime
{
    private const string Turn = """{"session_id":"s","user_message":"a","agent_message":"b"}""";

    private readonly FaultyFixture _fixture = new();

    private FaultyCluster Cluster => _fixture.Cluster;

    private ApiClient Api => _fixture.Server.As("ada");

    public Task InitializeAsync() => _fixture.InitializeAsync();

    public Task DisposeAsync() => _fixture.DisposeAsync();

    [Fact]
    public async Task A_lost_store_is_503_with_the_time_to_come_back()
    {
        Cluster.FailWith(() => new UnavailableException(ErrorCodes.StorageUnavailable, "The disk is full.", TimeSpan.FromMilliseconds(2_100)));

        var answer = (await Api.PostAsync("/memory/store", Turn)).ShouldBeProblem(503, "storage_unavailable");

        answer.Header("Retry-After").ShouldBe("3");
        ((string?)answer["detail"]).ShouldBe("The disk is full.");
    }

    [Fact]
    public async Task A_time_to_come_back_is_never_less_than_a_second()
    {
        Cluster.FailWith(() => new UnavailableException(ErrorCodes.RateLimited, "Too much.", TimeSpan.Zero));

        (await Api.PostAsync("/memory/store", Turn)).ShouldBeProblem(429, "rate_limited").Header("Retry-After").ShouldBe("1");
    }

    [Fact]
    public async Task What_nobody_expected_is_500_and_tells_nothing()
    {
        Cluster.FailWith(() => new InvalidOperationException("secret of the inside"));

        var answer = (await Api.PostAsync("/memory/store", Turn)).ShouldBeProblem(500, "internal_error");
        answer.Text.ShouldNotContain("secret");
        var batch = (await Api.PostAsync("/memory/store/batch", $$"""{"turns":[{{Turn}}]}""")).ShouldBe(200);
        ((string?)batch["results"]![0]!["problem"]!["code"]).ShouldBe("internal_error");
        batch.Text.ShouldNotContain("secret");
    }

    [Theory]
    [InlineData("healthy", 200, "ready")]
    [InlineData("degraded", 200, "degraded")]
    [InlineData("unhealthy", 503, "unhealthy")]
    public async Task Readiness_is_the_stores(string health, int status, string answer)
    {
        Cluster.Health = new MemoryHealth(health, health != "unhealthy", health == "healthy", 1.5, health == "healthy" ? null : "It is full.");

        var ready = (await Api.GetAsync("/health/ready")).ShouldBe(status);

        ((string?)ready["status"]).ShouldBe(answer);
        (await Api.GetAsync("/health/live")).ShouldBe(200);
    }

    [Fact]
    public async Task A_memory_that_cannot_even_tell_its_health_is_unhealthy()
    {
        Cluster.FailWith(() => new InvalidOperationException("secret"));

        var ready = (await Api.GetAsync("/health/ready")).ShouldBe(503);

        ((string?)ready["status"]).ShouldBe("unhealthy");
        ready.Text.ShouldNotContain("secret");
    }

    [Fact]
    public async Task A_stop_finishes_what_was_accepted_and_ends_readiness_first()
    {
        var entered = new TaskCompletionSource();
        var goOn = new TaskCompletionSource();
        Cluster.Before = call =>
        {
            if (call == "append")
            {
                entered.TrySetResult();
                return goOn.Task;
            }

            return Task.CompletedTask;
        };
        var accepted = Api.PostAsync("/memory/store", Turn);
        await entered.Task;
        ApiAnswer? ready = null;
        _fixture.Server.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.Register(
            () => ready = Task.Run(() => Api.GetAsync("/health/ready")).GetAwaiter().GetResult());

        var stopping = _fixture.Server.StopAsync();
        ready.ShouldNotBeNull().ShouldBe(503);
        ((string?)ready["status"]).ShouldBe("stopping");
        stopping.IsCompleted.ShouldBeFalse();
        goOn.SetResult();

        (await accepted).ShouldBe(200);
        await stopping.WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task Requests_beyond_what_may_run_at_a_time_are_429_but_health_answers()
    {
        await using var server = await _fixture.StartAsync(options => options.MaxConcurrentRequests = 1);
        var entered = new TaskCompletionSource();
        var goOn = new TaskCompletionSource();
        Cluster.Before = _ =>
        {
            entered.TrySetResult();
            return goOn.Task;
        };
        var first = server.As("ada").PostAsync("/memory/store", Turn);
        await entered.Task;

        (await server.As("ada").GetAsync("/sessions")).ShouldBeProblem(429, "rate_limited").Header("Retry-After").ShouldBe("1");
        (await server.As("ada").GetAsync("/health/live")).ShouldBe(200);
        goOn.SetResult();

        (await first).ShouldBe(200);
        (await server.As("ada").GetAsync("/sessions")).ShouldBe(200);
    }

    [Fact]
    public async Task A_quiet_feed_has_a_heartbeat_every_15_seconds()
    {
        await Api.PostAsync("/memory/store", Turn);
        var timers = _fixture.Time.WaitingTimers;
        using var feed = await EventReader.OpenAsync(Api, "/sessions/s/events", ("Last-Event-ID", "2"));
        await feed.NextAsync("session");

        for (var beat = 0; beat < 3; beat++)
        {
            await _fixture.Time.UntilTimersAsync(timers + 1);
            _fixture.Time.Advance(TimeSpan.FromSeconds(15));
            (await feed.NextLineAsync()).ShouldBe(": ");
            (await feed.NextLineAsync()).ShouldBe("");
        }
    }

    [Fact]
    public async Task A_feed_that_loses_the_store_ends_so_that_its_reader_comes_back()
    {
        await Api.PostAsync("/memory/store", Turn);
        Cluster.Before = call => call == "wait"
            ? throw new UnavailableException(ErrorCodes.StorageUnavailable, "Lost.", TimeSpan.FromSeconds(1))
            : Task.CompletedTask;

        using var feed = await EventReader.OpenAsync(Api, "/sessions/s/events", ("Last-Event-ID", "1"));

        await feed.NextAsync("session");
        (await feed.NextAsync("message")).Id.ShouldBe("2");
        (await feed.NextAsync()).ShouldBeNull();
    }

    [Fact]
    public async Task A_slow_reader_holds_back_its_feed_and_no_more_is_read_for_it()
    {
        var text = new string('x', 200_000);
        for (var turn = 0; turn < 60; turn++)
        {
            await Api.PostAsync("/memory/store", $$"""{"session_id":"s","user_message":"{{text}}","agent_message":"{{text}}"}""");
        }

        var pages = 0;
        Cluster.Before = call =>
        {
            pages += call == "messages" ? 1 : 0;
            return Task.CompletedTask;
        };
        using var reader = new TcpClient { ReceiveBufferSize = 4096 };
        await reader.ConnectAsync("127.0.0.1", _fixture.Server.Address.Port);
        await reader.GetStream().WriteAsync(Encoding.ASCII.GetBytes("GET /sessions/s/events HTTP/1.1\r\nHost: localhost\r\nX-User-ID: ada\r\n\r\n"));
        await reader.GetStream().ReadExactlyAsync(new byte[1000]);

        // 24 MB wait to be sent, 4 MB a page: without the reader's help the feed gets as far as the system's buffers, never to the end.
        for (var look = 0; look < 20; look++)
        {
            await Task.Delay(20);
            pages.ShouldBeLessThan(6);
        }

        (await Api.PostAsync("/memory/store", Turn)).ShouldBe(200);
    }

    [Fact]
    public async Task An_export_that_breaks_off_ends_the_connection()
    {
        await Api.PostAsync("/memory/store", Turn);
        Cluster.Before = call => call == "export more" ? throw new InvalidOperationException("broken") : Task.CompletedTask;

        await Should.ThrowAsync<HttpRequestException>(() => Api.GetAsync("/sessions/s/export"));
    }

    [Fact]
    public async Task An_import_that_loses_the_store_is_503_and_can_be_done_again()
    {
        await Api.PostAsync("/memory/store", Turn);
        var export = (await Api.GetAsync("/sessions/s/export")).Text;
        var chunks = 0;
        Cluster.Before = call => call == "import" && chunks++ == 0
            ? throw new UnavailableException(ErrorCodes.StorageUnavailable, "Lost.", TimeSpan.FromSeconds(1))
            : Task.CompletedTask;

        (await ImportAsync()).ShouldBeProblem(503, "storage_unavailable");
        (await ImportAsync()).ShouldBe(201);

        Task<ApiAnswer> ImportAsync() => Api.SendAsync(
            HttpMethod.Post, "/sessions/import?session_id=t", new StringContent(export, Encoding.UTF8, "application/x-ndjson"));
    }

    [Fact]
    public async Task Exports_count_among_the_requests_that_run_at_a_time()
    {
        await using var server = await _fixture.StartAsync(options => options.MaxConcurrentRequests = 1);
        (await server.As("ada").PostAsync("/memory/store", Turn)).ShouldBe(200);
        var entered = new TaskCompletionSource();
        var goOn = new TaskCompletionSource();
        Cluster.Before = _ =>
        {
            entered.TrySetResult();
            return goOn.Task;
        };
        var export = server.As("ada").GetAsync("/sessions/s/export");
        await entered.Task;

        (await server.As("ada").GetAsync("/sessions")).ShouldBeProblem(429, "rate_limited");
        goOn.SetResult();

        (await export).ShouldBe(200);
    }

    [Fact]
    public async Task A_caller_that_goes_away_is_no_error_and_its_turn_is_stored()
    {
        var entered = new TaskCompletionSource();
        var goOn = new TaskCompletionSource();
        Cluster.Before = call =>
        {
            if (call == "append")
            {
                entered.TrySetResult();
                return goOn.Task;
            }

            return Task.CompletedTask;
        };
        using (var caller = new TcpClient())
        {
            await caller.ConnectAsync("127.0.0.1", _fixture.Server.Address.Port);
            await caller.GetStream().WriteAsync(Encoding.ASCII.GetBytes(
                $"POST /memory/store HTTP/1.1\r\nHost: localhost\r\nX-User-ID: ada\r\nContent-Type: application/json\r\nContent-Length: {Turn.Length}\r\n\r\n{Turn}"));
            await entered.Task;
        }

        goOn.SetResult();

        for (var tries = 0; (await Api.GetAsync("/sessions/s")).Status != 200; tries++)
        {
            tries.ShouldBeLessThan(200);
            await Task.Delay(10);
        }
    }
}
