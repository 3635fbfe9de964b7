using System.Collections.Concurrent;
using System.Diagnostics;

namespace Granary.Sample.Replay.Console;

/// <summary>How long calls took, by kind of call.</summary>
internal sealed class Latencies
{
    private readonly ConcurrentDictionary<string, ConcurrentBag<double>> _milliseconds = new();

    /// <summary>Each kind of call by name, its times sorted.</summary>
    public IEnumerable<(string Kind, double[] Sorted)> ByKind =>
        _milliseconds.OrderBy(kind => kind.Key, StringComparer.Ordinal).Select(kind => (kind.Key, kind.Value.Order().ToArray()));

    public async Task<T> MeasureAsync<T>(Func<Task<T>> call, Func<T, string> kindOf)
    {
        var started = Stopwatch.GetTimestamp();
        var answer = await call().ConfigureAwait(false);
        _milliseconds.GetOrAdd(kindOf(answer), _ => []).Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        return answer;
    }

    /// <summary>The smallest of the times that at least this share of them does not exceed (nearest rank).</summary>
    public static double Percentile(double[] sorted, double share) => sorted[Math.Max(0, (int)Math.Ceiling(share * sorted.Length) - 1)];
}
