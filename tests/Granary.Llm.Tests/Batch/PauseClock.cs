using Granary.Conformance.Time;

namespace Granary.Llm.Tests.Batch;

/// <summary>
/// The tests' clock, which knows the pauses that the code under test takes: timers that were set for a short time. Limits (of a tool, of a silent provider, of a
/// lease) are longer, and pass only where a test moves the clock itself: however slow the machine is, nothing times out that was not to.
/// </summary>
internal sealed class PauseClock(ManualTimeProvider time) : TimeProvider
{
    /// <summary>The longest pause; the shortest limit, the heartbeat of a lease, is twice as long.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(19);

    private readonly Lock _gate = new();
    private readonly HashSet<Pause> _waiting = [];

    /// <inheritdoc />
    public override TimeZoneInfo LocalTimeZone => time.LocalTimeZone;

    /// <inheritdoc />
    public override long TimestampFrequency => time.TimestampFrequency;

    /// <inheritdoc />
    public override DateTimeOffset GetUtcNow() => time.GetUtcNow();

    /// <inheritdoc />
    public override long GetTimestamp() => time.GetTimestamp();

    /// <inheritdoc />
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var pause = new Pause(this, callback, state);
        pause.Timer = time.CreateTimer(static pause => ((Pause)pause!).Fire(), pause, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        pause.Change(dueTime, period);
        return pause;
    }

    /// <summary>Moves the clock to the end of the first pause that is taken now, if one is.</summary>
    public void EndPause()
    {
        DateTimeOffset? first;
        lock (_gate)
        {
            first = _waiting.Count == 0 ? null : _waiting.Min(pause => pause.Due);
        }

        if (first is { } due)
        {
            time.AdvanceTo(due);
        }
    }

    private sealed class Pause(PauseClock clock, TimerCallback callback, object? state) : ITimer
    {
        public ITimer Timer { get; set; } = null!;

        public DateTimeOffset Due { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock._gate)
            {
                clock._waiting.Remove(this);
                if (dueTime > TimeSpan.Zero && dueTime <= Longest)
                {
                    Due = clock.GetUtcNow() + dueTime;
                    clock._waiting.Add(this);
                }
            }

            return Timer.Change(dueTime, period);
        }

        public void Fire()
        {
            Forget();
            callback(state);
        }

        public void Dispose()
        {
            Forget();
            Timer.Dispose();
        }

        public ValueTask DisposeAsync()
        {
            Forget();
            return Timer.DisposeAsync();
        }

        private void Forget()
        {
            lock (clock._gate)
            {
                clock._waiting.Remove(this);
            }
        }
    }
}
