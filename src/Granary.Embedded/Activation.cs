namespace Granary.Embedded;

/// <summary>An actor in memory, with the number of calls in it: it can only be evicted when there are none, and no call can enter afterwards.</summary>
/// <typeparam name="TActor">The actor.</typeparam>
internal sealed class Activation<TActor>
    where TActor : class
{
    private const int Evicted = int.MinValue;

    private int calls;
    private long lastUse;
    private volatile TActor? actor;

    /// <summary>The actor once it is loaded.</summary>
    public TActor? Actor => actor;

    /// <summary>The load; every call waits for it.</summary>
    public required Task<TActor> Loading { get; init; }

    /// <summary>When it was last entered or left, in ticks of the table's clock.</summary>
    public long LastUse => Volatile.Read(ref lastUse);

    /// <summary>Enters unless it was evicted.</summary>
    public bool TryEnter(long now)
    {
        var seen = Volatile.Read(ref calls);
        while (seen >= 0)
        {
            var before = Interlocked.CompareExchange(ref calls, seen + 1, seen);
            if (before == seen)
            {
                Volatile.Write(ref lastUse, now);
                return true;
            }

            seen = before;
        }

        return false;
    }

    public void Exit(long now)
    {
        Volatile.Write(ref lastUse, now);
        Interlocked.Decrement(ref calls);
    }

    /// <summary>Evicts it if no call is in it.</summary>
    public bool TryEvict() => Interlocked.CompareExchange(ref calls, Evicted, 0) == 0;

    public void Loaded(TActor loaded) => actor = loaded;
}
