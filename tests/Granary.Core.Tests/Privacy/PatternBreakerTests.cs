using Granary.Conformance.Time;
using Granary.Core.Privacy;

namespace Granary.Core.Tests.Privacy;

public class PatternBreakerTests
{
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public void It_opens_after_ten_failures_in_a_row()
    {
        var breaker = new PatternBreaker(_time);
        Fail(breaker, 9);
        breaker.TryEnter().ShouldBeTrue();
        breaker.Succeeded();
        Fail(breaker, 9);
        breaker.TryEnter().ShouldBeTrue();
        breaker.Failed();
        breaker.TryEnter().ShouldBeFalse();
    }

    [Fact]
    public void After_five_seconds_one_probe_goes_through_and_its_success_closes_it()
    {
        var breaker = Open();
        _time.Advance(TimeSpan.FromSeconds(4.999));
        breaker.TryEnter().ShouldBeFalse();
        _time.Advance(TimeSpan.FromSeconds(0.001));
        breaker.TryEnter().ShouldBeTrue();
        breaker.TryEnter().ShouldBeFalse();
        breaker.Succeeded();
        breaker.TryEnter().ShouldBeTrue();
        breaker.TryEnter().ShouldBeTrue();
    }

    [Fact]
    public void A_probe_that_fails_opens_it_for_another_five_seconds()
    {
        var breaker = Open();
        _time.Advance(TimeSpan.FromSeconds(5));
        breaker.TryEnter().ShouldBeTrue();
        breaker.Failed();
        breaker.TryEnter().ShouldBeFalse();
        _time.Advance(TimeSpan.FromSeconds(5));
        breaker.TryEnter().ShouldBeTrue();
    }

    [Fact]
    public void A_probe_that_is_called_off_leaves_the_next_one_its_turn()
    {
        var breaker = Open();
        _time.Advance(TimeSpan.FromSeconds(5));
        breaker.TryEnter().ShouldBeTrue();
        breaker.Cancelled();
        breaker.TryEnter().ShouldBeTrue();
    }

    [Fact]
    public async Task Of_many_that_come_at_once_one_is_the_probe()
    {
        var breaker = Open();
        _time.Advance(TimeSpan.FromSeconds(5));
        var entered = await Task.WhenAll(Enumerable.Range(0, 32).Select(_ => Task.Run(breaker.TryEnter)));
        entered.Count(e => e).ShouldBe(1);
    }

    private PatternBreaker Open()
    {
        var breaker = new PatternBreaker(_time);
        Fail(breaker, PatternBreaker.FailuresToOpen);
        return breaker;
    }

    private static void Fail(PatternBreaker breaker, int times)
    {
        for (var i = 0; i < times; i++)
        {
            breaker.TryEnter().ShouldBeTrue();
            breaker.Failed();
        }
    }
}
