using Granary.Core.Actors;
using Granary.Core.Storage;
using Granary.Orleans.Activations;
using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Runtime;

namespace Granary.Orleans.Grains;

/// <summary>
/// A grain around one of the engine's actors: loads it with the first call, lets calls in, repeats one once that lost its actor to another
/// writer. Grains are reentrant: the actor keeps the concurrency rule itself, the same in every host.
/// </summary>
/// <remarks>
/// A lost actor means that another activation has written the partition, or that the store failed. The calls inside go on with a freshly
/// loaded actor, and the activation leaves with the last of them, so that of two activations the stale one does not stay. Not before: one that
/// leaves lets nobody in until the calls inside are done, and one of them may wait for a model for minutes.
/// </remarks>
internal abstract class ActorGrain<TActor>(IGrainContext context, ActivationTracker tracker, int maxCalls) : IGrainBase, ITrackedActivation
    where TActor : PartitionActor
{
    private readonly Lock _gate = new();
    private TActor? _actor;
    private Task<TActor>? _loading;
    private long _lastUse = tracker.Time.GetTimestamp();
    private long _hits;
    private int _calls;
    private int _watchers;
    private long _staleSince;

    /// <summary>
    /// How long an activation that lost its version waits for its calls to end by themselves: leaving before shuts new calls out until they have.
    /// </summary>
    private static readonly TimeSpan StalePatience = TimeSpan.FromSeconds(10);

    public IGrainContext GrainContext => context;

    public long LastUse => Volatile.Read(ref _lastUse);

    public long Hits => Interlocked.Read(ref _hits);

    public bool IsAtWork => Volatile.Read(ref _calls) > 0 || (Volatile.Read(ref _actor) is { } actor && IsBusy(actor));

    /// <summary>Whether another activation has written the partition, or the store failed: this one goes as soon as it can.</summary>
    protected bool IsStale => Volatile.Read(ref _staleSince) != 0;

    protected string Key => context.GrainId.Key.ToString()!;

    protected abstract ValueTask<TActor> LoadAsync();

    /// <summary>Whether the actor does work that nobody waits for.</summary>
    protected abstract bool IsBusy(TActor actor);

    /// <summary>Whether the actor stands for something that exists.</summary>
    protected abstract bool IsWorthKeeping(TActor actor);

    public void Trim()
    {
        if (Volatile.Read(ref _actor) is { } actor)
        {
            Trim(actor);
        }
    }

    public void Stay(TimeSpan time) => context.ActivationServices.GetRequiredService<IGrainRuntime>().DelayDeactivation(context, time);

    public void Leave(string reason) => context.Deactivate(new DeactivationReason(DeactivationReasonCode.ApplicationRequested, reason));

    public async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        if (reason.ReasonCode == DeactivationReasonCode.ActivationIdle)
        {
            tracker.Collected();
        }

        tracker.Remove(this);

        if (Volatile.Read(ref _actor) is { } actor)
        {
            // Everything acknowledged is durable already. What is on its way is waited for, so that the next activation need not find out.
            await actor.LeaveAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    protected virtual void Trim(TActor actor)
    {
    }

    /// <summary>A read that needs no wait once the actor is in memory.</summary>
    protected ValueTask<T> ReadAsync<TState, T>(TState state, Func<TActor, TState, T> read)
    {
        if (Volatile.Read(ref _calls) < maxCalls && Volatile.Read(ref _actor) is { IsLost: false } actor)
        {
            // Over before anything else runs here, so that it need not be counted among the calls that are inside.
            Volatile.Write(ref _lastUse, tracker.Time.GetTimestamp());
            Interlocked.Increment(ref _hits);
            try
            {
                return ValueTask.FromResult(read(actor, state));
            }
            catch (ActivationLostException)
            {
                // Lost between the look and the read: the long way loads it anew.
            }
            catch
            {
                Interlocked.Increment(ref _calls);
                Exit(actor);
                throw;
            }
        }

        Enter();
        return InsideAsync((state, read), static (actor, s) => ValueTask.FromResult(s.read(actor, s.state)), repeat: true);
    }

    /// <summary>A call of the actor, repeated once when it loses the actor.</summary>
    protected ValueTask<T> CallAsync<TState, T>(TState state, Func<TActor, TState, ValueTask<T>> call)
    {
        Enter();
        return InsideAsync(state, call, repeat: true);
    }

    /// <summary>A call of the actor, repeated once when it loses the actor.</summary>
    protected Task<T> CallAsync<TState, T>(TState state, Func<TActor, TState, Task<T>> call)
    {
        Enter();
        return InsideAsync((state, call), static (actor, s) => new ValueTask<T>(s.call(actor, s.state)), repeat: true).AsTask();
    }

    /// <summary>A call that only waits for a change: not among those whose number is limited for the sake of the others, and not repeated.</summary>
    /// <exception cref="ActivationLostException">The actor was lost.</exception>
    protected async Task<T> WatchAsync<TState, T>(TState state, Func<TActor, TState, Task<T>> call)
    {
        if (Interlocked.Increment(ref _watchers) > maxCalls)
        {
            Interlocked.Decrement(ref _watchers);
            throw TooManyCalls();
        }

        try
        {
            Enter();
            return await InsideAsync((state, call), static (actor, s) => new ValueTask<T>(s.call(actor, s.state)), repeat: false).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref _watchers);
        }
    }

    /// <summary>A call that no caller of the memory made: an activation that it made leaves with it, unless somebody else has come meanwhile.</summary>
    protected async Task VisitAsync<TState>(TState state, Func<TActor, TState, Task> call)
    {
        var wasHere = Volatile.Read(ref _actor) is not null;
        await CallAsync(state, call).ConfigureAwait(false);
        if (!wasHere && Hits == 0 && !IsAtWork)
        {
            Leave("it was woken for maintenance alone");
        }
    }

    /// <summary>A call of the actor that answers nothing, repeated once when it loses the actor.</summary>
    protected Task CallAsync<TState>(TState state, Func<TActor, TState, Task> call)
    {
        Enter();
        return InsideAsync((state, call), DoneAsync, repeat: true).AsTask();

        static async ValueTask<bool> DoneAsync(TActor actor, (TState State, Func<TActor, TState, Task> Call) s)
        {
            await s.Call(actor, s.State).ConfigureAwait(false);
            return true;
        }
    }

    private async ValueTask<T> InsideAsync<TState, T>(TState state, Func<TActor, TState, ValueTask<T>> call, bool repeat)
    {
        TActor? actor = null;
        try
        {
            for (var attempt = 1; ; attempt++)
            {
                try
                {
                    actor = await ActorAsync().ConfigureAwait(false);
                    return await call(actor, state).ConfigureAwait(false);
                }
                catch (ActivationLostException) when (repeat && attempt == 1)
                {
                    // Surely not stored: once more on what the store has now.
                }
                catch (ActivationLostException lost) when (repeat)
                {
                    throw new UnavailableException(
                        ErrorCodes.StorageUnavailable, "The version was lost twice to another writer.", TimeSpan.FromSeconds(1), lost);
                }
                catch (StorageException exception)
                {
                    throw new UnavailableException(ErrorCodes.StorageUnavailable, exception.Message, TimeSpan.FromSeconds(1), exception);
                }

                BecomeStale();
            }
        }
        finally
        {
            Exit(actor);
        }
    }

    private void Enter()
    {
        if (Interlocked.Increment(ref _calls) - Volatile.Read(ref _watchers) > maxCalls)
        {
            Interlocked.Decrement(ref _calls);
            throw TooManyCalls();
        }

        Volatile.Write(ref _lastUse, tracker.Time.GetTimestamp());
    }

    private static UnavailableException TooManyCalls() =>
        new(ErrorCodes.RateLimited, "Too many calls of this one at a time.", TimeSpan.FromSeconds(1));

    private void Exit(TActor? actor)
    {
        Volatile.Write(ref _lastUse, tracker.Time.GetTimestamp());
        if (actor is { IsLost: true })
        {
            BecomeStale();
        }

        if (Interlocked.Decrement(ref _calls) > 0)
        {
            if (IsStale && tracker.Time.GetElapsedTime(Volatile.Read(ref _staleSince)) > StalePatience)
            {
                Leave("its partition was written elsewhere, and its calls do not end");
            }

            return;
        }

        if (actor is null)
        {
            Leave("it could not be loaded");
        }
        else if (IsStale)
        {
            Leave("its partition was erased or written elsewhere");
        }
        else if (!IsWorthKeeping(actor))
        {
            Leave("there is nothing to keep");
        }
        else if (IsBusy(actor))
        {
            // It goes on by itself: until the governor looks, too.
            Stay(tracker.WorkTime);
        }
    }

    private void BecomeStale() => Interlocked.CompareExchange(ref _staleSince, Math.Max(1, tracker.Time.GetTimestamp()), 0);

    private ValueTask<TActor> ActorAsync()
    {
        if (Volatile.Read(ref _actor) is { IsLost: false } actor)
        {
            Interlocked.Increment(ref _hits);
            return ValueTask.FromResult(actor);
        }

        tracker.Miss();
        lock (_gate)
        {
            if (_actor is { IsLost: false } present)
            {
                return ValueTask.FromResult(present);
            }

            return new ValueTask<TActor>(_loading ??= LoadOnceAsync());
        }
    }

    private async Task<TActor> LoadOnceAsync()
    {
        // Off the caller's stack: the lock is held there.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            var actor = await LoadAsync().ConfigureAwait(false);
            Volatile.Write(ref _actor, actor);
            tracker.Add(this);
            return actor;
        }
        finally
        {
            lock (_gate)
            {
                _loading = null;
            }
        }
    }
}
