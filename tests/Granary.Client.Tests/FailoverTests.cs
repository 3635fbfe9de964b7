using System.Net.Sockets;
using Granary.Client.Tests.Support;
using static Granary.Client.Tests.Support.Samples;

namespace Granary.Client.Tests;

public sealed class FailoverTests
{
    private static readonly HttpRequestException Refused = new(HttpRequestError.ConnectionError, "refused", new SocketException(111));

    private readonly FakeService _service = new();
    private readonly ManualTime _time = new();

    [Fact]
    public async Task An_append_moves_to_the_next_address_with_its_key_and_without_a_pause()
    {
        _service.Throws(Refused).AnswersProblem(503, ErrorCodes.Stopping, headers: ("Retry-After", "5")).AnswersJson(StoredJson);

        // Nothing passes the time: any pause would hang.
        await Client().StoreTurnAsync("s1", "a", "b").WaitAsync(TimeSpan.FromSeconds(20));
        Hosts().ShouldBe(["a", "b", "c"]);
        _service.Requests.Select(request => request.Header("Idempotency-Key")).Distinct().ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Later_calls_of_the_client_and_its_users_stay_with_the_address_that_answered()
    {
        _service.Throws(Refused).AnswersJson(ContextJson);
        var client = Client();
        await client.GetContextAsync("s1");
        await client.GetContextAsync("s1");
        await client.ForUser("bob").GetContextAsync("s1");
        Hosts().ShouldBe(["a", "b", "b", "b"]);
    }

    [Fact]
    public async Task When_no_address_answers_there_is_a_pause_before_the_next_round()
    {
        _service.Throws(Refused).Throws(Refused).Throws(Refused).AnswersJson(ContextJson);
        var call = Client().GetContextAsync("s1");
        (await _time.PassAsync(time => time < TimeSpan.FromSeconds(10))).ShouldBe(TimeSpan.FromMilliseconds(200));
        await call;
        Hosts().ShouldBe(["a", "b", "c", "a"]);
    }

    [Fact]
    public async Task A_limit_is_waited_for_where_it_was_met()
    {
        _service.AnswersProblem(429, ErrorCodes.RateLimited, headers: ("Retry-After", "2")).AnswersJson(ContextJson);
        var call = Client().GetContextAsync("s1");
        (await _time.PassAsync(time => time < TimeSpan.FromSeconds(10))).ShouldBe(TimeSpan.FromSeconds(2));
        await call;
        Hosts().ShouldBe(["a", "a"]);
    }

    [Fact]
    public async Task An_address_that_is_silent_is_left_after_the_attempt_s_time()
    {
        _service.Hangs().AnswersJson(ContextJson);
        var call = Client().GetContextAsync("s1");
        await _time.PassAsync(time => time == TimeSpan.FromSeconds(10));
        await call;
        Hosts().ShouldBe(["a", "b"]);
    }

    [Fact]
    public async Task A_call_that_fails_for_good_still_sends_the_next_one_elsewhere()
    {
        _service.Throws(new HttpRequestException(HttpRequestError.ResponseEnded)).AnswersJson(ContextJson);
        var client = Client();
        await Should.ThrowAsync<UnavailableException>(() => client.ClearAsync("s1", true));
        await client.GetContextAsync("s1");
        Hosts().ShouldBe(["a", "b"]);
    }

    [Fact]
    public void Calls_that_fail_together_move_on_once()
    {
        var book = new Http.AddressBook([new("http://a"), new("http://b"), new("http://c")]);
        book.MoveOn(0).ShouldBe(1);
        book.MoveOn(0).ShouldBe(1);
        book.Current.ShouldBe(1);
        book.MoveOn(2).ShouldBe(0);
        book.Current.ShouldBe(1);
    }

    private GranaryClient Client() => _service.Client(
        options =>
        {
            options.BaseAddresses = [new("http://a:1"), new("http://b:2"), new("http://c:3")];
            options.RetryDelay = TimeSpan.FromMilliseconds(200);
            options.MaxRetryDelay = TimeSpan.FromSeconds(1);
        },
        _time);

    private IEnumerable<string> Hosts() => _service.Requests.Select(request => request.Uri.Host);
}
