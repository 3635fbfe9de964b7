namespace Granary.Embedded;

/// <summary>An actor in memory, with the number of calls in it: it can only be evicted when there are none, and no call can enter afterwards.</summary>
/// <typeparam name="TActor">The actor.</typeparam>
internal sealed class Activation<TActor>
    where TActor : class
{
    private const int Evicted = int.MinValue;

    private int _calls;
    private long _lastUse;
    private volatile TActor? _actor;

    /// <summary>The actor once it is loaded.</summary>
    public TActor? Actor => _actor;

    /// <summary>The load; every call waits for it.</summary>
    public required Task<TActor> Loading { get; init; }

    /// <summary>When it was last entered or left, in ticks of the table's clock.</summary>
    public long LastUse => Volatile.Read(ref _lastUse);

    /// <summary>Enters unless it was evicted.</summary>
    public bool TryEnter(long now)
    {
        var seen = Volatile.Read(ref _calls);
        while (seen >= 0)
        {
            var before = Interlocked.CompareExchange(ref _calls, seen + 1, seen);
            if (before == seen)
            {
                Volatile.Write(ref _lastUse, now);
                return true;
            }

            seen = before;
        }

        return false;
    }

    public void Exit(long now)
    {
        Volatile.Write(ref _lastUse, now);
        Interlocked.Decrement(ref _calls);
    }

    /// <summary>Evicts it if no call is in it.</summary>
    public bool TryEvict() => Interlocked.CompareExchange(ref _calls, Evicted, 0) == 0;

    public void Loaded(TActor loaded) => _actor = loaded;
}
