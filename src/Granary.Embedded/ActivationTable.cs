using System.Collections.Concurrent;
using Granary.Core.Actors;

namespace Granary.Embedded;

/// <summary>
/// The actors in memory, by key: loaded by the first call, shared by all, forgotten when idle, too many or lost. Forgetting loses nothing:
/// everything acknowledged is durable.
/// </summary>
/// <typeparam name="TKey">The key.</typeparam>
/// <typeparam name="TActor">The actor.</typeparam>
internal sealed class ActivationTable<TKey, TActor>(
    Func<TKey, CancellationToken, ValueTask<TActor>> load, Func<TActor, bool> mayEvict, Func<TActor, bool> worthKeeping, TimeProvider time, Action<TActor>? evicted = null)
    where TKey : notnull
    where TActor : PartitionActor
{
    private readonly ConcurrentDictionary<TKey, Activation<TActor>> _activations = new();
    private int _count;
    private long _hits;
    private long _misses;
    private long _evictions;
    private int _shrinking;

    /// <summary>Those in memory.</summary>
    public IEnumerable<TActor> Actors => _activations.Values.Select(activation => activation.Actor).OfType<TActor>();

    /// <summary>How many are in memory.</summary>
    public int Count => Volatile.Read(ref _count);

    public long Hits => Interlocked.Read(ref _hits);

    public long Misses => Interlocked.Read(ref _misses);

    public long Evictions => Interlocked.Read(ref _evictions);

    /// <summary>Enters the actor of a key. The caller must call <see cref="Exit"/>.</summary>
    public ValueTask<Activation<TActor>> EnterAsync(TKey key)
    {
        var now = time.GetTimestamp();
        while (true)
        {
            if (_activations.TryGetValue(key, out var activation))
            {
                if (activation.Actor is { IsLost: true } || !activation.TryEnter(now))
                {
                    Forget(key, activation);
                    continue;
                }

                if (activation.Actor is not null)
                {
                    Interlocked.Increment(ref _hits);
                    return ValueTask.FromResult(activation);
                }

                return WaitAsync(key, activation);
            }

            var start = new TaskCompletionSource<TActor>(TaskCreationOptions.RunContinuationsAsynchronously);
            activation = new Activation<TActor> { Loading = start.Task };
            activation.TryEnter(now);
            if (_activations.TryAdd(key, activation))
            {
                Interlocked.Increment(ref _count);
                return LoadAsync(key, activation, start);
            }
        }
    }

    /// <summary>Leaves an actor; one that is lost or holds nothing is forgotten at once.</summary>
    public void Exit(TKey key, Activation<TActor> activation)
    {
        activation.Exit(time.GetTimestamp());
        if (activation.Actor is not { } actor)
        {
            return;
        }

        if (actor.IsLost)
        {
            Forget(key, activation);
        }
        else if (!worthKeeping(actor) && activation.TryEvict())
        {
            Forget(key, activation);
        }
    }

    /// <summary>Forgets those unused since <paramref name="idle"/>, and of the rest the longest unused beyond <paramref name="capacity"/>.</summary>
    /// <param name="idle">How long unused.</param>
    /// <param name="capacity">How many may stay.</param>
    /// <param name="trim">Called for those that stay but were not used for a while.</param>
    public void Sweep(TimeSpan idle, int capacity, Action<TActor>? trim = null)
    {
        var now = time.GetTimestamp();
        var staying = new List<(long LastUse, TKey Key, Activation<TActor> Activation)>();
        foreach (var (key, activation) in _activations)
        {
            if (activation.Actor is not { } actor)
            {
                continue;
            }

            var age = time.GetElapsedTime(activation.LastUse, now);
            if (age >= idle && TryEvict(key, activation, actor))
            {
                continue;
            }

            if (age >= TimeSpan.FromMinutes(1))
            {
                trim?.Invoke(actor);
            }

            staying.Add((activation.LastUse, key, activation));
        }

        Shrink(staying, capacity);
    }

    public void Trim(Action<TActor> trim)
    {
        foreach (var activation in _activations.Values)
        {
            if (activation.Actor is { } actor)
            {
                trim(actor);
            }
        }
    }

    /// <summary>Forgets the longest unused when there are more than <paramref name="capacity"/>: a twentieth more than needed, so that it is rare.</summary>
    public void ShrinkTo(int capacity)
    {
        // One at a time: while all are at work nothing can leave, and each call would look through all of them for nothing.
        if (Count <= capacity || Interlocked.Exchange(ref _shrinking, 1) == 1)
        {
            return;
        }

        try
        {
            Shrink(capacity);
        }
        finally
        {
            Volatile.Write(ref _shrinking, 0);
        }
    }

    private void Shrink(int capacity)
    {
        var all = new List<(long LastUse, TKey Key, Activation<TActor> Activation)>(Count);
        foreach (var (key, activation) in _activations)
        {
            if (activation.Actor is not null)
            {
                all.Add((activation.LastUse, key, activation));
            }
        }

        Shrink(all, capacity - (capacity / 20));
    }

    /// <summary>Ages of all in memory, in seconds since they were last used.</summary>
    public IEnumerable<double> Ages()
    {
        var now = time.GetTimestamp();
        return _activations.Values.Select(a => time.GetElapsedTime(a.LastUse, now).TotalSeconds);
    }

    private void Shrink(List<(long LastUse, TKey Key, Activation<TActor> Activation)> candidates, int capacity)
    {
        var surplus = Count - capacity;
        if (surplus <= 0)
        {
            return;
        }

        candidates.Sort(static (a, b) => a.LastUse.CompareTo(b.LastUse));
        foreach (var (_, key, activation) in candidates)
        {
            if (activation.Actor is { } actor && TryEvict(key, activation, actor) && --surplus <= 0)
            {
                return;
            }
        }
    }

    private bool TryEvict(TKey key, Activation<TActor> activation, TActor actor)
    {
        if (!mayEvict(actor) || !activation.TryEvict())
        {
            return false;
        }

        Interlocked.Increment(ref _evictions);
        Forget(key, activation);
        evicted?.Invoke(actor);
        return true;
    }

    private void Forget(TKey key, Activation<TActor> activation)
    {
        if (_activations.TryRemove(KeyValuePair.Create(key, activation)))
        {
            Interlocked.Decrement(ref _count);
        }
    }

    private async ValueTask<Activation<TActor>> LoadAsync(TKey key, Activation<TActor> activation, TaskCompletionSource<TActor> start)
    {
        Interlocked.Increment(ref _misses);
        try
        {
            // Not the caller's token: others wait for this load too.
            var actor = await load(key, CancellationToken.None).ConfigureAwait(false);
            activation.Loaded(actor);
            start.SetResult(actor);
            return activation;
        }
        catch (Exception exception)
        {
            Forget(key, activation);
            start.SetException(exception);
            _ = start.Task.Exception;
            throw;
        }
    }

    private async ValueTask<Activation<TActor>> WaitAsync(TKey key, Activation<TActor> activation)
    {
        Interlocked.Increment(ref _misses);
        try
        {
            await activation.Loading.ConfigureAwait(false);
            return activation;
        }
        catch
        {
            Forget(key, activation);
            throw;
        }
    }
}
