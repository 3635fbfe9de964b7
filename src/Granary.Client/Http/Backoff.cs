namespace Granary.Client.Http;

/// <summary>Pauses that double up to a ceiling, spread over their upper half so that many callers do not come back at once.</summary>
internal sealed class Backoff(TimeSpan first, TimeSpan longest, Func<double> random)
{
    /// <summary>The pause before a repeat.</summary>
    /// <param name="repeat">How many pauses there were before, from 0.</param>
    public TimeSpan Pause(int repeat)
    {
        var full = Math.Min(longest.TotalMilliseconds, first.TotalMilliseconds * Math.Pow(2, Math.Min(repeat, 30)));
        return TimeSpan.FromMilliseconds(full * (0.5 + (0.5 * random())));
    }
}
