using Granary.Conformance.Time;

namespace Granary.Storage.Sqlite.Tests.Fakes;

public sealed class ManualTimeProviderTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly List<string> _fired = [];

    [Fact]
    public void Time_stands_still_until_it_is_moved()
    {
        var (now, timestamp) = (_time.GetUtcNow(), _time.GetTimestamp());
        _time.GetUtcNow().ShouldBe(now);

        _time.Advance(TimeSpan.FromSeconds(90));

        _time.GetUtcNow().ShouldBe(now.AddSeconds(90));
        _time.GetElapsedTime(timestamp).ShouldBe(TimeSpan.FromSeconds(90));
    }

    [Fact]
    public void Timers_fire_in_the_order_of_their_times_each_at_its_own()
    {
        var start = _time.GetUtcNow();
        using var late = Timer("late", 3);
        using var early = Timer("early", 1);
        using var never = Timer("never", 10);

        _time.Advance(TimeSpan.FromSeconds(5));

        _fired.ShouldBe(["early at 1", "late at 3"]);
        _time.GetUtcNow().ShouldBe(start.AddSeconds(5));
        _time.WaitingTimers.ShouldBe(1);
        _time.NextTimer.ShouldBe(start.AddSeconds(10));
    }

    [Fact]
    public void A_periodic_timer_fires_once_per_period_until_it_is_disposed()
    {
        var timer = Timer("tick", 1, period: 2);
        _time.Advance(TimeSpan.FromSeconds(6));
        timer.Dispose();
        _time.Advance(TimeSpan.FromSeconds(6));

        _fired.ShouldBe(["tick at 1", "tick at 3", "tick at 5"]);
        timer.Change(TimeSpan.Zero, TimeSpan.Zero).ShouldBeFalse();
    }

    [Fact]
    public void A_timer_can_be_moved_and_stopped_also_by_its_own_callback()
    {
        ITimer? timer = null;
        timer = _time.CreateTimer(_ =>
        {
            Note("again");
            timer!.Change(_fired.Count < 3 ? TimeSpan.FromSeconds(2) : Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }, null, TimeSpan.FromSeconds(30), Timeout.InfiniteTimeSpan);
        timer.Change(TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);

        _time.Advance(TimeSpan.FromMinutes(1));

        _fired.ShouldBe(["again at 1", "again at 3", "again at 5"]);
    }

    [Fact]
    public async Task Delays_and_timeouts_follow_it()
    {
        var delay = Task.Delay(TimeSpan.FromMinutes(5), _time);
        using var timeout = new CancellationTokenSource(TimeSpan.FromMinutes(1), _time);
        using var timer = new PeriodicTimer(TimeSpan.FromMinutes(2), _time);
        var tick = timer.WaitForNextTickAsync();

        _time.Advance(TimeSpan.FromMinutes(2));
        timeout.IsCancellationRequested.ShouldBeTrue();
        (await tick).ShouldBeTrue();
        delay.IsCompleted.ShouldBeFalse();

        _time.Advance(TimeSpan.FromMinutes(3));
        await delay.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task A_test_can_wait_until_code_has_gone_to_sleep()
    {
        var sleeper = Task.Run(async () =>
        {
            await Task.Delay(TimeSpan.FromHours(1), _time);
            await Task.Delay(TimeSpan.FromHours(1), _time);
        });

        for (var hour = 0; hour < 2; hour++)
        {
            await _time.UntilTimersAsync(1);
            _time.Advance(TimeSpan.FromHours(1));
        }

        await sleeper.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task A_timer_that_is_due_at_once_fires_without_being_asked()
    {
        var fired = new TaskCompletionSource();
        using var timer = _time.CreateTimer(_ => fired.TrySetResult(), null, TimeSpan.Zero, Timeout.InfiniteTimeSpan);

        await fired.Task.WaitAsync(TimeSpan.FromSeconds(30));
    }

    private ITimer Timer(string name, int due, int? period = null) => _time.CreateTimer(
        _ => Note(name), null, TimeSpan.FromSeconds(due), period is { } p ? TimeSpan.FromSeconds(p) : Timeout.InfiniteTimeSpan);

    private void Note(string name) => _fired.Add($"{name} at {(_time.GetUtcNow() - new ManualTimeProvider().GetUtcNow()).TotalSeconds}");
}
