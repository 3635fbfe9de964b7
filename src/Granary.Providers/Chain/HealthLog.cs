namespace Granary.Providers.Chain;

/// <summary>What was seen of one provider: minutes of the last 24 hours, hours of the last 168. Thread-safe.</summary>
/// <param name="time">The clock.</param>
internal sealed class HealthLog(TimeProvider time)
{
    /// <summary>Hours that are kept.</summary>
    public const int Hours = 168;

    private const int Minutes = 24 * 60;

    private readonly Lock _gate = new();
    private readonly Queue<(long Minute, HealthSums Sums)> _minutes = new();
    private readonly Queue<(long Hour, HealthSums Sums)> _hours = new();
    private (long Minute, HealthSums Sums) _minute;
    private (long Hour, HealthSums Sums) _hour;
    private HealthSums _day;
    private int _failuresInRow;

    /// <summary>Adds what a health check found.</summary>
    public void AddCheck(double ms, bool healthy) => Add(new HealthSums(1, healthy ? 0 : 1, 0, 0, ms), healthy);

    /// <summary>Adds a call.</summary>
    public void AddCall(double ms, bool succeeded) => Add(new HealthSums(0, 0, 1, succeeded ? 0 : 1, ms), succeeded);

    /// <summary>The last 24 hours, to the minute.</summary>
    public HealthFigures Figures()
    {
        lock (_gate)
        {
            Advance();
            var sums = _day.Plus(_minute.Sums);
            return new HealthFigures(sums, _failuresInRow);
        }
    }

    /// <summary>The hours of which anything is known, oldest first.</summary>
    /// <param name="count">How many at the most.</param>
    public IReadOnlyList<HourTrend> Trends(int count)
    {
        lock (_gate)
        {
            Advance();
            var all = _hour.Sums.Samples > 0 ? _hours.Append(_hour) : _hours;
            var from = HourNow() - count;
            return [.. all.Where(hour => hour.Hour > from).Select(hour => new HourTrend(DateTimeOffset.UnixEpoch.AddHours(hour.Hour), hour.Sums))];
        }
    }

    private void Add(HealthSums sample, bool well)
    {
        lock (_gate)
        {
            Advance();
            _minute.Sums = _minute.Sums.Plus(sample);
            _hour.Sums = _hour.Sums.Plus(sample);
            _failuresInRow = well ? 0 : _failuresInRow + 1;
        }
    }

    /// <summary>Closes the minute and the hour that are over, and forgets what is too old.</summary>
    private void Advance()
    {
        var (minute, hour) = (MinuteNow(), HourNow());
        if (minute != _minute.Minute)
        {
            if (_minute.Sums.Samples > 0)
            {
                _minutes.Enqueue(_minute);
                _day = _day.Plus(_minute.Sums);
            }

            _minute = (minute, default);
        }

        while (_minutes.TryPeek(out var oldest) && oldest.Minute <= minute - Minutes)
        {
            // All gone is exactly nothing, whatever rounding left over.
            _minutes.Dequeue();
            _day = _minutes.Count == 0 ? default : _day.Minus(oldest.Sums);
        }

        if (hour != _hour.Hour)
        {
            if (_hour.Sums.Samples > 0)
            {
                _hours.Enqueue(_hour);
            }

            _hour = (hour, default);
        }

        while (_hours.TryPeek(out var oldest) && oldest.Hour <= hour - Hours)
        {
            _hours.Dequeue();
        }
    }

    private long MinuteNow() => time.GetUtcNow().ToUnixTimeSeconds() / 60;

    private long HourNow() => time.GetUtcNow().ToUnixTimeSeconds() / 3_600;
}

/// <summary>Sums of what was seen of a provider.</summary>
/// <param name="Checks">Health checks.</param>
/// <param name="FailedChecks">Those that found it ill.</param>
/// <param name="Calls">Calls.</param>
/// <param name="FailedCalls">Those that failed.</param>
/// <param name="Ms">Milliseconds of all.</param>
internal readonly record struct HealthSums(int Checks, int FailedChecks, int Calls, int FailedCalls, double Ms)
{
    /// <summary>Checks and calls.</summary>
    public int Samples => Checks + Calls;

    /// <summary>The share of checks that were well (of calls, where there was no check), 0 to 1.</summary>
    public double Uptime => Checks > 0 ? 1 - ((double)FailedChecks / Checks) : 1 - ErrorRate;

    /// <summary>The share of checks and calls that failed, 0 to 1.</summary>
    public double ErrorRate => Samples == 0 ? 0 : (double)(FailedChecks + FailedCalls) / Samples;

    /// <summary>Milliseconds on average.</summary>
    public double MeanMs => Samples == 0 ? 0 : Ms / Samples;

    /// <summary>Both together.</summary>
    public HealthSums Plus(HealthSums other) =>
        new(Checks + other.Checks, FailedChecks + other.FailedChecks, Calls + other.Calls, FailedCalls + other.FailedCalls, Ms + other.Ms);

    /// <summary>This without the other, which it holds.</summary>
    public HealthSums Minus(HealthSums other) =>
        new(Checks - other.Checks, FailedChecks - other.FailedChecks, Calls - other.Calls, FailedCalls - other.FailedCalls, Ms - other.Ms);
}

/// <summary>An hour of a provider.</summary>
/// <param name="From">When it began.</param>
/// <param name="Sums">What was seen.</param>
internal sealed record HourTrend(DateTimeOffset From, HealthSums Sums);
