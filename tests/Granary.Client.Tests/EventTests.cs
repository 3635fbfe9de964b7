using System.Collections.Concurrent;
using Granary.Client.Tests.Support;
using Granary.Serialization;
using Granary.Wire;
using Microsoft.AspNetCore.Http;
using static Granary.Client.Tests.Support.Samples;

namespace Granary.Client.Tests;

/// <summary>The event feed over real connections: each connection of a script answers what it says and then breaks, closes or stays open.</summary>
public sealed class EventTests
{
    private readonly ConcurrentQueue<string> _lastEventIds = new();
    private int _connection = -1;

    [Fact]
    public async Task Messages_come_once_and_in_order_over_connections_that_break()
    {
        var seen = new TaskCompletionSource();
        await using var server = await ScriptAsync(
            async feed =>
            {
                await feed.SendAsync(State(3) + Event(1) + Event(2));
                await seen.Task;
                feed.Abort();
            },
            // A service that repeats some, in a connection that is closed in the middle of an event.
            async feed => await feed.SendAsync(State(3) + Event(1) + Event(2) + Event(3) + Event(4)[..^20]),
            async feed => await feed.SendAsync(State(5) + ": heartbeat\n\n" + Event(4) + Event(5) + Ended(5)));

        var events = new List<SessionEvent>();
        await foreach (var happened in server.Client().SubscribeAsync("s1"))
        {
            events.Add(happened);
            if (happened is MessageEvent { Message.Sequence: 2 })
                seen.SetResult();
        }

        Sequences(events).ShouldBe([1, 2, 3, 4, 5]);
        events[^1].ShouldBe(new SessionEndedEvent(new SessionEventData("s1", SessionStatus.Completed, 1, 5)));
        _lastEventIds.ShouldBe(["0", "2", "3"]);

        // The state after a reconnect is news only if it changed.
        events.OfType<SessionStateEvent>().Select(state => state.State.LastSequence).ShouldBe([3, 5]);
    }

    [Fact]
    public async Task A_feed_begins_after_the_sequence_that_the_caller_has_seen()
    {
        await using var server = await ScriptAsync(feed => feed.SendAsync(State(9) + Event(8) + Event(9) + Deleted()));
        var events = await server.Client().SubscribeAsync("s1", after: 7).ToListAsync();
        Sequences(events).ShouldBe([8, 9]);
        events[^1].ShouldBeOfType<SessionDeletedEvent>();
        _lastEventIds.ShouldBe(["7"]);
    }

    [Fact]
    public async Task A_gap_is_read_again_instead_of_passed_on()
    {
        await using var server = await ScriptAsync(
            feed => feed.SendAsync(State(3) + Event(1) + Event(3)),
            feed => feed.SendAsync(Event(2) + Event(3) + Ended(3)));
        Sequences(await server.Client().SubscribeAsync("s1").ToListAsync()).ShouldBe([1, 2, 3]);
        _lastEventIds.ShouldBe(["0", "1"]);
    }

    [Fact]
    public async Task Events_arrive_while_the_connection_stays_open()
    {
        var more = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await ScriptAsync(async feed =>
        {
            await feed.SendAsync(Event(1));
            await more.Task;
            await feed.SendAsync(Event(2));
            await feed.StayAsync();
        });
        using var ending = new CancellationTokenSource();
        await using var events = server.Client().SubscribeAsync("s1", cancellationToken: ending.Token).GetAsyncEnumerator();
        (await events.MoveNextAsync()).ShouldBeTrue();
        var second = events.MoveNextAsync();
        second.IsCompleted.ShouldBeFalse();
        more.SetResult();
        (await second).ShouldBeTrue();
        var third = events.MoveNextAsync();
        await ending.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(async () => await third);
    }

    [Fact]
    public async Task A_silent_connection_counts_as_lost()
    {
        var time = new ManualTime();
        await using var server = await ScriptAsync(
            async feed =>
            {
                await feed.SendAsync(Event(1));
                await feed.StayAsync();
            },
            feed => feed.SendAsync(Event(2) + Ended(2)));
        await using var events = server.Client(options =>
        {
            options.TimeProvider = time;
            options.RetryDelay = options.MaxRetryDelay = TimeSpan.FromSeconds(2);
        }).SubscribeAsync("s1").GetAsyncEnumerator();
        (await events.MoveNextAsync()).ShouldBeTrue();
        var second = events.MoveNextAsync();
        time.Advance(TimeSpan.FromSeconds(44));
        second.IsCompleted.ShouldBeFalse();
        time.Advance(TimeSpan.FromSeconds(1));
        await time.PassAsync(wait => wait <= TimeSpan.FromSeconds(2));
        (await second).ShouldBeTrue();
        events.Current.ShouldBeOfType<MessageEvent>().Message.Sequence.ShouldBe(2);
        _lastEventIds.ShouldBe(["0", "1"]);
    }

    [Fact]
    public async Task Events_and_kinds_of_a_later_version_are_passed_over()
    {
        await using var server = await ScriptAsync(
            feed => feed.SendAsync("event: weather\ndata: sunny\n\nretry: 10\n\n" + Event(1) + Ended(1)));
        (await server.Client().SubscribeAsync("s1").ToListAsync()).Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_session_erased_while_the_feed_was_not_connected_ends_it()
    {
        await using var server = await ScriptAsync(
            feed => feed.SendAsync(State(1) + Event(1)),
            feed => feed.ProblemAsync(410, ErrorCodes.Erased));
        (await server.Client().SubscribeAsync("s1").ToListAsync())[^1].ShouldBeOfType<SessionDeletedEvent>();
    }

    [Fact]
    public async Task A_session_erased_and_made_again_in_between_ends_the_feed_too()
    {
        await using var server = await ScriptAsync(
            feed => feed.SendAsync(State(2) + Event(1) + Event(2)),
            feed => feed.SendAsync(State(1)));
        (await server.Client().SubscribeAsync("s1").ToListAsync())[^1].ShouldBeOfType<SessionDeletedEvent>();
    }

    [Theory]
    [InlineData(404, ErrorCodes.NotFound, typeof(NotFoundException))]
    [InlineData(410, ErrorCodes.Erased, typeof(ErasedException))]
    [InlineData(403, ErrorCodes.Forbidden, typeof(AccessDeniedException))]
    public async Task A_feed_that_cannot_begin_throws_what_a_read_would(int status, string code, Type type)
    {
        await using var server = await ScriptAsync(feed => feed.ProblemAsync(status, code));
        (await Should.ThrowAsync<MemoryException>(async () => await server.Client().SubscribeAsync("s1").ToListAsync())).ShouldBeOfType(type);
    }

    [Fact]
    public async Task An_answer_that_is_no_feed_is_not_asked_for_again()
    {
        await using var server = await ScriptAsync(feed => feed.PageAsync());
        var error = await Should.ThrowAsync<UnavailableException>(async () => await server.Client().SubscribeAsync("s1").ToListAsync());
        error.Code.ShouldBe(ClientErrorCodes.MalformedAnswer);
        _lastEventIds.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_feed_outlives_a_service_that_is_away_for_a_while_but_not_for_ever()
    {
        var time = new ManualTime();
        var service = new FakeService().Answers(_ => FakeService.Json(State(1) + Event(1), System.Net.HttpStatusCode.OK, "text/event-stream"))
            .Throws(new HttpRequestException(HttpRequestError.ConnectionError));
        var client = service.Client(
            options =>
            {
                options.MaxRetries = 0;
                options.RetryDelay = options.MaxRetryDelay = TimeSpan.FromSeconds(1);
                options.EventReconnectTimeout = TimeSpan.FromMinutes(1);
            },
            time);
        var began = time.GetUtcNow();
        var events = new List<SessionEvent>();
        var reading = Task.Run(async () =>
        {
            await foreach (var happened in client.SubscribeAsync("s1"))
                events.Add(happened);
        });
        for (var second = 0; second < 60; second++)
            await time.PassAsync(wait => wait == TimeSpan.FromSeconds(1));
        (await Should.ThrowAsync<UnavailableException>(() => reading)).Code.ShouldBe(ClientErrorCodes.Unreachable);
        Sequences(events).ShouldBe([1]);
        (time.GetUtcNow() - began).ShouldBe(TimeSpan.FromMinutes(1));
    }

    private static IEnumerable<long> Sequences(IEnumerable<SessionEvent> events) => events.OfType<MessageEvent>().Select(happened => happened.Message.Sequence);

    private static string Event(long sequence) => $"event: message\nid: {sequence}\ndata: {Json(Message(sequence), GranaryJson.Default.Message)}\n\n";

    private static string State(long last) => $"event: session\ndata: {Data(SessionStatus.Active, last)}\n\n";

    private static string Ended(long last) => $"event: ended\ndata: {Data(SessionStatus.Completed, last)}\n\n";

    private static string Deleted() => $"event: deleted\ndata: {Data(SessionStatus.Active, 0)}\n\n";

    private static string Data(SessionStatus status, long last) =>
        Json(new SessionEventData("s1", status, 1, last), GranaryJson.Default.SessionEventData);

    private Task<LoopbackServer> ScriptAsync(params Func<Feed, Task>[] connections) => LoopbackServer.StartAsync(context =>
    {
        _lastEventIds.Enqueue(context.Request.Headers["Last-Event-ID"].ToString());
        return connections[Interlocked.Increment(ref _connection)](new Feed(context));
    });

    private sealed class Feed(HttpContext context)
    {
        public async Task SendAsync(string text)
        {
            if (!context.Response.HasStarted)
                context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync(text);
            await context.Response.Body.FlushAsync();
        }

        public async Task StayAsync()
        {
            try
            {
                await Task.Delay(Timeout.Infinite, context.RequestAborted);
            }
            catch (OperationCanceledException)
            {
                // The client left.
            }
        }

        public void Abort() => context.Abort();

        public Task PageAsync()
        {
            context.Response.ContentType = "text/html";
            return context.Response.WriteAsync("<html/>");
        }

        public async Task ProblemAsync(int status, string code)
        {
            using var problem = FakeService.Problem(status, code, "No.");
            context.Response.StatusCode = status;
            context.Response.ContentType = "application/problem+json";
            await context.Response.WriteAsync(await problem.Content.ReadAsStringAsync());
        }
    }
}
