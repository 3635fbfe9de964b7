namespace Granary.Providers.Chain;

/// <summary>The last 1,000 calls of all providers, by which their performance is judged. Thread-safe.</summary>
internal sealed class CallHistory
{
    /// <summary>Calls that are kept.</summary>
    public const int Capacity = 1_000;

    private readonly Lock _gate = new();
    private readonly Queue<Entry> _entries = new(Capacity);
    private readonly Dictionary<string, Sums> _sums = new(StringComparer.Ordinal);

    /// <summary>Calls in the history.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _entries.Count;
            }
        }
    }

    /// <summary>Adds a call.</summary>
    /// <param name="provider">The provider.</param>
    /// <param name="at">When it ended.</param>
    /// <param name="ms">Milliseconds that it took.</param>
    /// <param name="succeeded">Whether it did.</param>
    public void Add(string provider, DateTimeOffset at, double ms, bool succeeded)
    {
        lock (_gate)
        {
            if (_entries.Count == Capacity)
            {
                var oldest = _entries.Dequeue();
                var rest = _sums[oldest.Provider].Without(oldest);
                if (rest.Calls == 0)
                {
                    _sums.Remove(oldest.Provider);
                }
                else
                {
                    _sums[oldest.Provider] = rest;
                }
            }

            var entry = new Entry(provider, ms, succeeded);
            _entries.Enqueue(entry);
            _sums[provider] = _sums.GetValueOrDefault(provider).With(entry, at);
        }
    }

    /// <summary>What the history says of a provider.</summary>
    public CallFigures FiguresOf(string provider, DateTimeOffset now)
    {
        lock (_gate)
        {
            var sums = _sums.GetValueOrDefault(provider);
            var mean = sums.Calls == 0 ? 0 : sums.Ms / sums.Calls;
            return new CallFigures(
                sums.Calls, sums.Successes, mean, ProviderScores.Performance(sums.Calls, sums.Successes, mean, now - sums.Last, sums.FailuresInRow));
        }
    }

    private readonly record struct Entry(string Provider, double Ms, bool Succeeded);

    private readonly record struct Sums(int Calls, int Successes, double Ms, DateTimeOffset Last, int FailuresInRow)
    {
        public Sums With(Entry entry, DateTimeOffset at) =>
            new(Calls + 1, Successes + (entry.Succeeded ? 1 : 0), Ms + entry.Ms, at, entry.Succeeded ? 0 : FailuresInRow + 1);

        public Sums Without(Entry entry) => this with { Calls = Calls - 1, Successes = Successes - (entry.Succeeded ? 1 : 0), Ms = Ms - entry.Ms };
    }
}

/// <summary>What the last calls say of a provider.</summary>
/// <param name="Calls">How many there are.</param>
/// <param name="Successes">Those that succeeded.</param>
/// <param name="MeanMs">Milliseconds that they took on average.</param>
/// <param name="Performance">The performance score.</param>
internal readonly record struct CallFigures(int Calls, int Successes, double MeanMs, double Performance);
