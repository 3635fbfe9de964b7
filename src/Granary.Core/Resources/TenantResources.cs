using System.Collections.Concurrent;
using Granary.Core.Privacy;
using Granary.Core.Storage;

namespace Granary.Core.Resources;

/// <summary>
/// One tenant's resources in memory: what was last read of its partition, and the handles made of it. Reads wait for the store only the first time and
/// for names that are not known; changes read the partition first, so that they never answer from an old state.
/// </summary>
internal sealed class TenantResources
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    private readonly string _partition;
    private readonly IPartitionStore _store;
    private readonly TimeProvider _time;
    private readonly TimeSpan _refreshInterval;

    /// <summary>Held by whoever reads or writes the partition.</summary>
    private readonly SemaphoreSlim _gate = new(1, 1);

    /// <summary>Held while handles are made or swapped, so that none is made of a state that is just being replaced.</summary>
    private readonly Lock _handlesLock = new();

    private readonly ConcurrentDictionary<string, ResourceHandle> _handles = new(StringComparer.Ordinal);
    private volatile TenantState? _state;
    private long _readsStarted;
    private long _refreshAt = long.MaxValue;
    private int _isRefreshing;

    public TenantResources(string tenant, ConfiguredResources configured, IPartitionStore store, TimeProvider time, TimeSpan refreshInterval)
    {
        _partition = $"resources/{tenant}";
        Configured = configured;
        (_store, _time, _refreshInterval) = (store, time, refreshInterval);
    }

    public ConfiguredResources Configured { get; }

    /// <summary>The handle for a new session.</summary>
    /// <exception cref="InvalidRequestException">There is no such resource, or it was removed.</exception>
    public async ValueTask<ResourceHandle> ResolveAsync(string name, CancellationToken cancellationToken)
    {
        if (!IsUsable(name))
        {
            await FindAsync(name, static (state, name) => state.Find(name), cancellationToken).ConfigureAwait(false);
            if (!IsUsable(name))
                throw new InvalidRequestException("resource", $"names no memory resource: there is no '{name}'");
        }

        RefreshIfOld();
        return Handle(name);
    }

    /// <summary>
    /// The handle for a session that exists: of the last content where the resource was removed, of the default one where nothing is known of it.
    /// </summary>
    public async ValueTask<ResourceHandle> ResolveForSessionAsync(string name, CancellationToken cancellationToken)
    {
        if (Configured.Find(name) is null && !_handles.ContainsKey(name))
            await FindAsync(name, static (state, name) => state.Entries.GetValueOrDefault(name), cancellationToken).ConfigureAwait(false);

        RefreshIfOld();
        return Handle(name);
    }

    /// <summary>The tenant's own resources as last read.</summary>
    public ValueTask<TenantState> GetAsync(CancellationToken cancellationToken)
    {
        RefreshIfOld();
        return _state is { } state ? new(state) : ReadAfterAsync(Volatile.Read(ref _readsStarted), cancellationToken);
    }

    /// <summary>Looks something up; where it is not there, once more in what the store has now, since another process may just have made it.</summary>
    public async ValueTask<T?> FindAsync<T>(string name, Func<TenantState, string, T?> find, CancellationToken cancellationToken)
        where T : class
    {
        var readsBefore = Volatile.Read(ref _readsStarted);
        return find(await GetAsync(cancellationToken).ConfigureAwait(false), name)
            ?? find(await ReadAfterAsync(readsBefore, cancellationToken).ConfigureAwait(false), name);
    }

    /// <summary>Changes the tenant's resources.</summary>
    /// <param name="change">
    /// Given the present state, the entries to write (none: nothing is written) and the answer. Called again where another process was faster.
    /// </param>
    /// <param name="cancellationToken">Ends the wait, up to the commit.</param>
    /// <exception cref="UnavailableException">The store failed, or another process was faster twice.</exception>
    /// <exception cref="TooLargeException">The resources would be larger than a commit takes.</exception>
    public async Task<T> ChangeAsync<T>(Func<TenantState, (IReadOnlyCollection<ResourceEntry> Changes, T Answer)> change, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            for (var attempt = 0; attempt < 2; attempt++)
            {
                var state = await ReadAsync(cancellationToken).ConfigureAwait(false);
                var (changes, answer) = change(state);
                if (changes.Count == 0 || await TryCommitAsync(state, state.With(changes)).ConfigureAwait(false))
                    return answer;
            }

            throw new UnavailableException(ErrorCodes.StorageUnavailable, "Others are changing the resources at the same time.", RetryAfter);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Has the partition read again in the background if it was read longer ago than the refresh interval.</summary>
    public void RefreshIfOld()
    {
        if (_time.GetTimestamp() >= Volatile.Read(ref _refreshAt) && Interlocked.Exchange(ref _isRefreshing, 1) == 0)
            ThreadPool.UnsafeQueueUserWorkItem(static tenant => _ = tenant.RefreshAsync(), this, preferLocal: false);
    }

    /// <summary>Has the partition read by a read that begins now.</summary>
    /// <exception cref="UnavailableException">The store failed.</exception>
    public async Task RefreshNowAsync(CancellationToken cancellationToken) =>
        await ReadAfterAsync(Volatile.Read(ref _readsStarted), cancellationToken).ConfigureAwait(false);

    private async Task RefreshAsync()
    {
        try
        {
            await ReadAfterAsync(Volatile.Read(ref _readsStarted), CancellationToken.None).ConfigureAwait(false);
        }
        catch (UnavailableException)
        {
            // What is known stays; a store that is away is reported by the calls that need it.
            Volatile.Write(ref _refreshAt, After(_refreshInterval));
        }
        finally
        {
            Volatile.Write(ref _isRefreshing, 0);
        }
    }

    /// <summary>The state of a read that began after <paramref name="readsBefore"/> were counted: that of somebody else, or an own one.</summary>
    private async ValueTask<TenantState> ReadAfterAsync(long readsBefore, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return _state is { } state && _readsStarted > readsBefore ? state : await ReadAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task<TenantState> ReadAsync(CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _readsStarted);
        try
        {
            var page = await _store.GetAsync(_partition, [ResourceDocument.Id], cancellationToken).ConfigureAwait(false);
            var known = _state;
            var state = known is not null && known.Version == page.Version && known.Erased == page.Erased ? known : TenantState.Read(page);
            Publish(state);
            return state;
        }
        catch (Exception e)
        {
            Interlocked.Decrement(ref _readsStarted);
            if (e is StorageException failure)
                throw Unavailable(failure);
            throw;
        }
    }

    private async Task<bool> TryCommitAsync(TenantState before, TenantState after)
    {
        var body = after.Write();
        var commit = new PartitionCommit
        {
            Partition = _partition,
            Expected = before.Version,
            Writes = [DocumentWrite.Put(ResourceDocument.Id, body)],
            Recreate = before.Erased,
        };
        try
        {
            // Not cancelled: whether it was written would not be known.
            var result = await _store.CommitAsync(commit, CancellationToken.None).ConfigureAwait(false);
            if (result.Status != CommitStatus.Committed)
                return false;

            // Read back from what was written: the caller's lists may change after the call.
            Publish(new TenantState(result.Version, false, TenantState.Read(body.Span)));
            return true;
        }
        catch (StorageException e)
        {
            Volatile.Write(ref _refreshAt, _time.GetTimestamp());
            throw Unavailable(e);
        }
    }

    private void Publish(TenantState state)
    {
        Volatile.Write(ref _refreshAt, After(_refreshInterval));
        if (ReferenceEquals(state, _state))
            return;

        lock (_handlesLock)
        {
            _state = state;
            foreach (var (name, handle) in _handles)
            {
                var resource = ResourceOf(name);
                if (resource.Revision != handle.Present.Resource.Revision || !ResourceContent.AreSame(resource, handle.Present.Resource))
                    handle.Present = Resolve(resource, handle.Present);
            }
        }
    }

    private bool IsUsable(string name) => Configured.Find(name) is not null || _state?.Find(name) is not null;

    private ResourceHandle Handle(string name)
    {
        if (_handles.TryGetValue(name, out var handle))
            return handle;

        lock (_handlesLock)
            return _handles.GetOrAdd(name, static (name, tenant) => new ResourceHandle(name, tenant, tenant.Resolve(tenant.ResourceOf(name), null)), this);
    }

    private MemoryResource ResourceOf(string name) => Configured.Find(name) ?? _state?.Entries.GetValueOrDefault(name)?.Resource ?? Configured.Default;

    /// <summary>
    /// Redactors belong to one tenant, those of configured resources too: what one tenant's texts do to a pattern's breaker must not reach another's.
    /// One whose policy is unchanged is kept, with its breakers.
    /// </summary>
    private ResolvedResource Resolve(MemoryResource resource, ResolvedResource? before) => new(
        resource,
        before is not null && ResourceContent.AreSame(before.Resource.Privacy, resource.Privacy) ? before.Redactor : new Redactor(resource.Privacy, _time));

    private long After(TimeSpan span) => _time.GetTimestamp() + (long)(span.TotalSeconds * _time.TimestampFrequency);

    private static UnavailableException Unavailable(StorageException e) =>
        new(ErrorCodes.StorageUnavailable, "The memory resources cannot be read or written now.", RetryAfter, e);
}
