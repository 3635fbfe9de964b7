using Granary.Core.Actors;
using Granary.Core.Maintenance;
using Granary.Core.Resources;
using Granary.Core.Sessions;
using Granary.Core.Storage;
using Granary.Core.Users;
using Granary.Core.Users.Erasure;

namespace Granary.Embedded;

/// <summary>
/// The memory in one process: sessions and users as actors over one store. A call that loses its activation to another writer is repeated
/// once on a new one; a second loss is an <see cref="UnavailableException"/>.
/// </summary>
internal sealed class EmbeddedCluster : IMemoryCluster, IUserDirectory, IMaintenanceTargets, IErasureTargets
{
    /// <summary>How long who asks for an erasure waits for its end; it goes on by itself.</summary>
    private static readonly TimeSpan ErasurePatience = TimeSpan.FromSeconds(5);

    private readonly EmbeddedOptions _options;
    private readonly IReadOnlyList<IUserDataEraser> _erasers;
    private readonly IPartitionStore _store;
    private readonly ResourceCatalog _resources;
    private readonly TimeProvider _time;
    private readonly ActivationTable<SessionKey, SessionActor> _sessions;
    private readonly ActivationTable<UserKey, UserActor> _users;
    private readonly CallGate _calls = new();
    private readonly HealthProbe _health;
    private readonly CancellationTokenSource _stopping = new();

    public EmbeddedCluster(
        EmbeddedOptions options, IPartitionStore store, ResourceCatalog resources, Func<IUserDirectory, SessionServices> services, UserServices users, TimeProvider time)
    {
        options.Validate();
        _options = options;
        _erasers = users.Erasers;
        _store = store;
        _health = new HealthProbe(store);
        _resources = resources;
        _time = time;
        var shared = services(this);
        _sessions = new(
            async (key, token) => await SessionActor.LoadAsync(key, shared, token).ConfigureAwait(false),
            mayEvict: static actor => !actor.IsBusy,
            worthKeeping: static actor => !actor.IsEmpty,
            time);
        _users = new(
            async (key, token) => await UserActor.LoadAsync(key, users, token).ConfigureAwait(false),
            mayEvict: static actor => !actor.IsBusy,
            worthKeeping: static _ => true,
            time);
    }

    public ISessionMemory Session(SessionKey key) => new EmbeddedSession(this, key.Validated());

    public IUserMemory User(UserKey key) => new EmbeddedUser(this, key.Validated());

    public IResourceCatalog Resources(string tenant) => _resources.For(Ids.Require(tenant, "tenant_id"));

    public async Task<StartSessionResult> StartSessionAsync(UserKey user, StartSessionOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        user.Validated();
        _calls.Enter();
        try
        {
            // Accepted once: its second step, should it need one, is not refused by a stop in between.
            return await SessionStarter.StartAsync(Resources(user.Tenant), StartAsync, user, options, _time, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _calls.Exit();
        }

        Task<StartSessionResult> StartAsync(SessionKey key, StartSessionOptions start, CancellationToken token) =>
            CallInsideAsync(key.Validated(), (start, token), static async (actor, s) => await actor.StartAsync(s.start, s.token).ConfigureAwait(false)).AsTask();
    }

    public ValueTask<ActivationStats> GetStatsAsync(CancellationToken cancellationToken = default)
    {
        var ages = _sessions.Ages().ToList();
        return ValueTask.FromResult(new ActivationStats
        {
            TotalSessions = _sessions.Count,
            TotalUsers = _users.Count,
            MaxCapacity = _options.MaxSessions,
            TtlSeconds = _options.IdleTime.TotalSeconds,
            AvgAgeSeconds = ages.Count == 0 ? 0 : Math.Round(ages.Average(), 3),
            OldestAgeSeconds = ages.Count == 0 ? 0 : Math.Round(ages.Max(), 3),
            Hits = _sessions.Hits,
            Misses = _sessions.Misses,
            Evictions = _sessions.Evictions,
        });
    }

    public ValueTask<MemoryHealth> GetHealthAsync(CancellationToken cancellationToken = default) => _health.AskAsync(cancellationToken);

    Task IUserDirectory.DeliverAsync(UserKey user, SessionDelivery delivery, CancellationToken cancellationToken) =>
        CallUserAsync(user, delivery, static async (actor, state) =>
        {
            await actor.ApplyAsync(state).ConfigureAwait(false);
            return true;
        }).AsTask();

    IUserMemory IUserDirectory.Open(UserKey user) => new EmbeddedUser(this, user);

    Task IMaintenanceTargets.MaintainAsync(SessionKey session, CancellationToken cancellationToken) =>
        CallAsync(session, cancellationToken, static async (actor, token) =>
        {
            await actor.MaintainAsync(token).ConfigureAwait(false);
            return true;
        }).AsTask();

    async Task IMaintenanceTargets.MaintainAsync(UserKey user, CancellationToken cancellationToken)
    {
        _calls.Enter();
        try
        {
            if (!await EraseIfMarkedAsync(user, cancellationToken).ConfigureAwait(false))
            {
                await CallUserAsync(user, cancellationToken, static async (actor, token) =>
                {
                    await actor.MaintainAsync(token).ConfigureAwait(false);
                    return true;
                }).ConfigureAwait(false);
            }
        }
        finally
        {
            _calls.Exit();
        }
    }

    Task<ErasureWork?> IErasureTargets.NextErasureAsync(UserKey user, IReadOnlyList<string> tried, CancellationToken cancellationToken) =>
        CallUserAsync(user, (tried, cancellationToken), static async (actor, s) =>
            await actor.NextErasureAsync(s.tried, s.cancellationToken).ConfigureAwait(false)).AsTask();

    Task IErasureTargets.EraseSessionAsync(SessionKey session, string? life, CancellationToken cancellationToken) =>
        CallInsideAsync(session, (life, cancellationToken), static async (actor, s) =>
        {
            await actor.EraseWithUserAsync(s.life, s.cancellationToken).ConfigureAwait(false);
            return true;
        }).AsTask();

    Task<bool> IErasureTargets.FinishErasureAsync(UserKey user, string erasureId, IReadOnlyDictionary<string, int> others, CancellationToken cancellationToken) =>
        CallUserAsync(user, (erasureId, others, cancellationToken), static async (actor, s) =>
            await actor.FinishErasureAsync(s.erasureId, s.others, s.cancellationToken).ConfigureAwait(false)).AsTask();

    /// <summary>Erases a user: marks it, and begins with the work; a small user is gone when this returns.</summary>
    public async Task<UserErasure> EraseAsync(UserKey user, CancellationToken cancellationToken)
    {
        _calls.Enter();
        try
        {
            var marked = await CallUserAsync(user, cancellationToken, static async (actor, token) =>
                await actor.EraseAsync(token).ConfigureAwait(false)).ConfigureAwait(false);
            if (marked.Status == UserErasureStatus.Completed)
            {
                return marked;
            }

            try
            {
                using var patience = new CancellationTokenSource(ErasurePatience, _time);
                using var any = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
                await EraseIfMarkedAsync(user, any.Token).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is UnavailableException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
            {
                // The mark is durable: maintenance goes on.
                return marked;
            }

            return await CallUserAsync(user, cancellationToken, static async (actor, token) =>
                await actor.GetErasureAsync(token).ConfigureAwait(false)).ConfigureAwait(false);
        }
        finally
        {
            _calls.Exit();
        }
    }

    private async Task<bool> EraseIfMarkedAsync(UserKey user, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopping.Token);
        try
        {
            return await UserErasureJob.RunAsync(this, _erasers, user, either.Token).ConfigureAwait(false);
        }
        catch (StorageException exception)
        {
            // Of somebody else who keeps something of the user.
            throw StoreFailed(exception);
        }
    }

    /// <summary>Forgets idle activations, and the longest unused beyond the capacity.</summary>
    public void Sweep()
    {
        _sessions.Sweep(_options.IdleTime, _options.MaxSessions, static actor => actor.Trim());
        _users.Sweep(_options.IdleTime, _options.MaxUsers);
    }

    /// <summary>Lets every session give back memory that can be made again.</summary>
    public void Trim() => _sessions.Trim(static actor => actor.Trim());

    /// <summary>Forgets every activation that is not at work: the next call loads it.</summary>
    public void Forget()
    {
        _sessions.Sweep(TimeSpan.Zero, 0);
        _users.Sweep(TimeSpan.Zero, 0);
    }

    /// <summary>Refuses new calls and waits for those that were accepted. Who only waits for a change is told at once.</summary>
    public async Task StopAsync()
    {
        var closed = _calls.CloseAsync(_options.StopTimeout, _time);
        await _stopping.CancelAsync().ConfigureAwait(false);
        await closed.ConfigureAwait(false);
    }

    /// <summary>Waits for a change of a session, but not longer than the host runs.</summary>
    /// <exception cref="UnavailableException">The host stops.</exception>
    public async Task<SessionChange> WatchAsync(SessionKey key, SessionChange seen, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopping.Token);
        try
        {
            return await CallAsync(key, (seen, timeout, either.Token), static async (actor, s) =>
                await actor.WaitForChangeAsync(s.seen, s.timeout, s.Token).ConfigureAwait(false)).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw CallGate.Stopping();
        }
    }

    /// <summary>A read that needs no wait once the session is in memory.</summary>
    public ValueTask<T> ReadAsync<TState, T>(SessionKey key, TState state, Func<SessionActor, TState, T> read)
    {
        _calls.Enter();
        var entering = _sessions.EnterAsync(key);
        if (!entering.IsCompletedSuccessfully)
        {
            return Awaited(this, entering, key, state, read);
        }

        var activation = entering.Result;
        try
        {
            return ValueTask.FromResult(read(activation.Actor!, state));
        }
        catch (ActivationLostException)
        {
            // Lost between entering and reading: the long way loads it anew.
            _calls.EnterAgain();
            return Again(this, key, state, read);
        }
        finally
        {
            _sessions.Exit(key, activation);
            KeepCapacity();
            _calls.Exit();
        }

        static async ValueTask<T> Awaited(
            EmbeddedCluster host, ValueTask<Activation<SessionActor>> entering, SessionKey key, TState state, Func<SessionActor, TState, T> read)
        {
            Activation<SessionActor>? activation = null;
            try
            {
                activation = await entering.ConfigureAwait(false);
                return read(activation.Actor!, state);
            }
            catch (StorageException exception)
            {
                throw StoreFailed(exception);
            }
            catch (ActivationLostException)
            {
                host._calls.EnterAgain();
                return await Again(host, key, state, read).ConfigureAwait(false);
            }
            finally
            {
                host.Leave(key, activation);
                host.KeepCapacity();
                host._calls.Exit();
            }
        }

        static async ValueTask<T> Again(EmbeddedCluster host, SessionKey key, TState state, Func<SessionActor, TState, T> read)
        {
            try
            {
                return await host.CallInsideAsync(key, (state, read), static (actor, s) => ValueTask.FromResult(s.read(actor, s.state))).ConfigureAwait(false);
            }
            finally
            {
                host._calls.Exit();
            }
        }
    }

    /// <summary>A call of a session.</summary>
    public async ValueTask<T> CallAsync<TState, T>(SessionKey key, TState state, Func<SessionActor, TState, ValueTask<T>> call)
    {
        _calls.Enter();
        try
        {
            return await CallInsideAsync(key, state, call).ConfigureAwait(false);
        }
        finally
        {
            _calls.Exit();
        }
    }

    /// <summary>A call that is part of one that the gate has let in.</summary>
    private async ValueTask<T> CallInsideAsync<TState, T>(SessionKey key, TState state, Func<SessionActor, TState, ValueTask<T>> call)
    {
        try
        {
            return await CallOnceAsync(_sessions, key, state, call).ConfigureAwait(false);
        }
        finally
        {
            KeepCapacity();
        }
    }

    private void KeepCapacity()
    {
        if (_sessions.Count > _options.MaxSessions)
        {
            _sessions.ShrinkTo(_options.MaxSessions);
        }
    }

    /// <summary>A call of a user. Calls that come from within a session's call are part of it and pass a closed gate.</summary>
    public async ValueTask<T> CallUserAsync<TState, T>(UserKey key, TState state, Func<UserActor, TState, ValueTask<T>> call)
    {
        var result = await CallOnceAsync(_users, key, state, call).ConfigureAwait(false);
        if (_users.Count > _options.MaxUsers)
        {
            _users.ShrinkTo(_options.MaxUsers);
        }

        return result;
    }

    /// <summary>A call of a user from outside.</summary>
    public async Task<T> UserAsync<TState, T>(UserKey key, TState state, Func<UserActor, TState, ValueTask<T>> call)
    {
        _calls.Enter();
        try
        {
            return await CallUserAsync(key, state, call).ConfigureAwait(false);
        }
        finally
        {
            _calls.Exit();
        }
    }

    /// <summary>The user's list, each session as it stands now.</summary>
    public async Task<SessionPage> ListAsync(UserKey user, SessionQuery query, CancellationToken cancellationToken)
    {
        _calls.Enter();
        try
        {
            var page = await CallUserAsync(user, query, static (actor, q) => ValueTask.FromResult(actor.List(q))).ConfigureAwait(false);
            return await SessionPeek.RefreshAsync(_store, user, page, cancellationToken).ConfigureAwait(false);
        }
        catch (StorageException exception)
        {
            throw StoreFailed(exception);
        }
        finally
        {
            _calls.Exit();
        }
    }

    private static async ValueTask<T> CallOnceAsync<TKey, TActor, TState, T>(
        ActivationTable<TKey, TActor> table, TKey key, TState state, Func<TActor, TState, ValueTask<T>> call)
        where TKey : notnull
        where TActor : PartitionActor
    {
        for (var attempt = 1; ; attempt++)
        {
            Activation<TActor>? activation = null;
            try
            {
                activation = await table.EnterAsync(key).ConfigureAwait(false);
                return await call(activation.Actor!, state).ConfigureAwait(false);
            }
            catch (ActivationLostException) when (attempt == 1)
            {
                // Surely not stored: once more on a new activation.
            }
            catch (ActivationLostException lost)
            {
                throw new UnavailableException(ErrorCodes.StorageUnavailable, "The version was lost twice to another writer.", TimeSpan.FromSeconds(1), lost);
            }
            catch (StorageException exception)
            {
                throw StoreFailed(exception);
            }
            finally
            {
                if (activation is not null)
                {
                    table.Exit(key, activation);
                }
            }
        }
    }

    private void Leave(SessionKey key, Activation<SessionActor>? activation)
    {
        if (activation is not null)
        {
            _sessions.Exit(key, activation);
        }
    }

    private static UnavailableException StoreFailed(StorageException exception) =>
        new(ErrorCodes.StorageUnavailable, exception.Message, TimeSpan.FromSeconds(1), exception);
}
