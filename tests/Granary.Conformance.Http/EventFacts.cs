namespace Granary.Conformance.Http;

/// <summary>Following a session.</summary>
public abstract class EventFacts<TFixture>(TFixture fixture) : HttpConformance<TFixture>(fixture)
    where TFixture : HttpFixture
{
    [Fact]
    public async Task A_feed_tells_where_the_session_is_then_every_message_as_it_comes()
    {
        await StoreAsync("s", "before", "yes");
        using var feed = await EventReader.OpenAsync(Api, "/sessions/s/events");

        var state = await feed.NextAsync("session");
        ((int)state.Data["last_sequence"]!).ShouldBe(2);
        ((string?)state.Data["status"]).ShouldBe("active");
        (await feed.NextAsync("message")).Id.ShouldBe("1");
        (await feed.NextAsync("message")).Id.ShouldBe("2");
        await StoreAsync("s", "after\nwith a line", "yes");

        var message = await feed.NextAsync("message");
        message.Id.ShouldBe("3");
        ((string?)message.Data["content"]).ShouldBe("after\nwith a line");
        (await feed.NextAsync("message")).Id.ShouldBe("4");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_feed_goes_on_after_the_last_event_that_was_seen(bool inHeader)
    {
        for (var turn = 0; turn < 30; turn++)
        {
            await StoreAsync("s", $"said {turn}");
        }

        using var feed = inHeader
            ? await EventReader.OpenAsync(Api, "/sessions/s/events?last_event_id=1", ("Last-Event-ID", "7"))
            : await EventReader.OpenAsync(Server.Client(), $"/sessions/s/events?last_event_id=7&user_id={User}");

        await feed.NextAsync("session");
        for (var sequence = 8; sequence <= 60; sequence++)
        {
            (await feed.NextAsync("message")).Id.ShouldBe($"{sequence}");
        }
    }

    [Fact]
    public async Task A_last_event_id_ahead_of_the_session_waits_for_what_comes()
    {
        await StoreAsync("s");
        using var feed = await EventReader.OpenAsync(Api, "/sessions/s/events", ("Last-Event-ID", "99"));
        await feed.NextAsync("session");

        await StoreAsync("s");

        (await feed.NextAsync("message")).Id.ShouldBe("3");
    }

    [Fact]
    public async Task A_feed_tells_of_epochs_of_the_end_and_of_erasure_and_then_ends()
    {
        await StoreAsync("s");
        using var feed = await EventReader.OpenAsync(Api, "/sessions/s/events", ("Last-Event-ID", "2"));
        await feed.NextAsync("session");

        await Api.PostAsync("/sessions/s/clear", """{"confirm":true}""");
        ((int)(await feed.NextAsync("session")).Data["epoch"]!).ShouldBe(2);
        await Api.PostAsync("/sessions/end", """{"session_id":"s"}""");
        ((string?)(await feed.NextAsync("session")).Data["status"]).ShouldBe("completed");
        ((string?)(await feed.NextAsync("ended")).Data["session_id"]).ShouldBe("s");
        await Api.DeleteAsync("/sessions/s");
        await feed.NextAsync("deleted");

        (await feed.NextAsync()).ShouldBeNull();
    }

    [Fact]
    public async Task A_feed_of_a_completed_session_says_so_after_its_messages()
    {
        await StoreAsync("s");
        await Api.PostAsync("/sessions/end", """{"session_id":"s"}""");

        using var feed = await EventReader.OpenAsync(Api, "/sessions/s/events");

        await feed.NextAsync("session");
        await feed.NextAsync("message");
        await feed.NextAsync("message");
        await feed.NextAsync("ended");
    }

    [Fact]
    public async Task Feeds_end_when_the_server_stops_and_requests_that_run_are_finished()
    {
        var server = await Fixture.StartAsync();
        var api = server.As(User);
        await api.PostAsync("/memory/store", """{"session_id":"s","user_message":"a","agent_message":"b"}""");
        using var feed = await EventReader.OpenAsync(api, "/sessions/s/events", ("Last-Event-ID", "2"));
        await feed.NextAsync("session");

        await server.StopAsync().WaitAsync(TimeSpan.FromSeconds(20));

        (await feed.NextAsync()).ShouldBeNull();
        await server.DisposeAsync();
    }

    [Fact]
    public async Task There_are_only_so_many_feeds_at_a_time()
    {
        await using var server = await Fixture.StartAsync(options => options.MaxEventStreams = 1);
        var api = server.As(User);
        await api.PostAsync("/memory/store", """{"session_id":"s","user_message":"a","agent_message":"b"}""");
        using (var feed = await EventReader.OpenAsync(api, "/sessions/s/events"))
        {
            await feed.NextAsync("session");
            var refused = (await api.GetAsync("/sessions/s/events")).ShouldBeProblem(429, "rate_limited");
            refused.Header("Retry-After").ShouldBe("1");
        }

        // The server sees that the reader has gone when it next writes.
        await api.PostAsync("/memory/store", """{"session_id":"s","user_message":"a","agent_message":"b"}""");
        await Eventually(async () =>
        {
            using var again = await api.Http.GetAsync("/sessions/s/events", HttpCompletionOption.ResponseHeadersRead);
            return (int)again.StatusCode == 200;
        });
    }

    private static async Task Eventually(Func<Task<bool>> holds)
    {
        for (var tries = 0; !await holds(); tries++)
        {
            tries.ShouldBeLessThan(200);
            await Task.Delay(20);
        }
    }
}
