using System.Collections.Concurrent;

namespace Granary.Orleans.Activations;

/// <summary>
/// The activations of one kind in this silo, with their last use: what Orleans' own collection by memory does not look at. It lets the
/// governor send the longest idle ones away, and knows the figures that a silo reports.
/// </summary>
/// <param name="time">The clock of their uses.</param>
/// <param name="workTime">How long an activation that works is kept at a time: clearly longer than the time between two calls of <see cref="KeepWorking"/>.</param>
internal sealed class ActivationTracker(TimeProvider time, TimeSpan workTime)
{
    private readonly ConcurrentDictionary<ITrackedActivation, byte> _activations = new();
    private int _count;
    private long _pastHits;
    private long _misses;
    private long _evictions;

    public TimeProvider Time => time;

    public TimeSpan WorkTime => workTime;

    public int Count => Volatile.Read(ref _count);

    /// <summary>Counted by each activation for itself: one counter of all would be what their calls wait for.</summary>
    public long Hits => Interlocked.Read(ref _pastHits) + _activations.Keys.Sum(a => a.Hits);

    public long Misses => Interlocked.Read(ref _misses);

    public long Evictions => Interlocked.Read(ref _evictions);

    public void Add(ITrackedActivation activation)
    {
        if (_activations.TryAdd(activation, 0))
        {
            Interlocked.Increment(ref _count);
        }
    }

    public void Remove(ITrackedActivation activation)
    {
        if (_activations.TryRemove(activation, out _))
        {
            Interlocked.Add(ref _pastHits, activation.Hits);
            Interlocked.Decrement(ref _count);
        }
    }

    public void Miss() => Interlocked.Increment(ref _misses);

    /// <summary>Counts activations that Orleans collected for being idle.</summary>
    public void Collected() => Interlocked.Increment(ref _evictions);

    /// <summary>Ages of all, in seconds since their last use.</summary>
    public IEnumerable<double> Ages()
    {
        var now = time.GetTimestamp();
        return _activations.Keys.Select(a => time.GetElapsedTime(a.LastUse, now).TotalSeconds);
    }

    /// <summary>Keeps those in memory that work though nobody calls them: Orleans sees calls only.</summary>
    public void KeepWorking()
    {
        foreach (var activation in _activations.Keys)
        {
            if (activation.IsAtWork)
            {
                try
                {
                    activation.Stay(workTime);
                }
                catch (InvalidOperationException)
                {
                    // It has left meanwhile: Orleans no longer knows it. The others are to stay all the same.
                }
            }
        }
    }

    /// <summary>Lets those that were not used for a while give back what they can make again.</summary>
    public void Trim(TimeSpan unused)
    {
        var now = time.GetTimestamp();
        foreach (var activation in _activations.Keys)
        {
            if (time.GetElapsedTime(activation.LastUse, now) >= unused)
            {
                activation.Trim();
            }
        }
    }

    /// <summary>Sends the longest idle away; those at work stay.</summary>
    /// <param name="most">How many at the most.</param>
    /// <param name="idle">Only those idle for so long.</param>
    /// <param name="reason">For the log.</param>
    /// <returns>How many were asked to leave.</returns>
    public int Evict(int most, TimeSpan idle, string reason)
    {
        if (most <= 0)
        {
            return 0;
        }

        var now = time.GetTimestamp();
        var candidates = new List<(long LastUse, ITrackedActivation Activation)>();
        foreach (var activation in _activations.Keys)
        {
            var lastUse = activation.LastUse;
            if (!activation.IsAtWork && time.GetElapsedTime(lastUse, now) >= idle)
            {
                candidates.Add((lastUse, activation));
            }
        }

        candidates.Sort(static (a, b) => a.LastUse.CompareTo(b.LastUse));
        var evicted = 0;
        foreach (var (lastUse, activation) in candidates)
        {
            if (evicted == most)
            {
                break;
            }

            // Used since it was looked at: it is not idle any more.
            if (activation.LastUse == lastUse && !activation.IsAtWork)
            {
                // Leaving takes a while: it must not be asked for, or counted, twice.
                Interlocked.Increment(ref _evictions);
                Remove(activation);
                activation.Leave(reason);
                evicted++;
            }
        }

        return evicted;
    }
}
