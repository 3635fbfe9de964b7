using System.Collections.Concurrent;

namespace Granary.Http.Tests.Fakes;

/// <summary>A memory in a dictionary: enough for what HTTP adds to be seen, and able to fail on demand.</summary>
internal sealed class FakeCluster : IMemoryCluster
{
    private readonly ConcurrentDictionary<SessionKey, FakeSession> _sessions = new();
    private readonly ConcurrentDictionary<string, FakeCatalog> _catalogs = new();

    /// <summary>Thrown by every call on a session, when set.</summary>
    public Func<Exception>? Failure { get; set; }

    /// <summary>Awaited by every append, when set.</summary>
    public Func<Task>? BeforeAppend { get; set; }

    public MemoryHealth Health { get; set; } = new("healthy", true, true, 1.5, null);

    public IEnumerable<FakeSession> SessionsOf(UserKey user) => _sessions.Values.Where(session => session.Key.Owner == user && session.Exists);

    public ISessionMemory Session(SessionKey key) => _sessions.GetOrAdd(key.Validated(), static (key, cluster) => new FakeSession(key, cluster), this);

    public IUserMemory User(UserKey key) => new FakeUser(key.Validated(), this);

    public IResourceCatalog Resources(string tenant) => _catalogs.GetOrAdd(Ids.Require(tenant, "tenant_id"), static _ => new FakeCatalog());

    public async Task<StartSessionResult> StartSessionAsync(UserKey user, StartSessionOptions options, CancellationToken cancellationToken = default)
    {
        var id = options.SessionId ?? Ids.New(TimeProvider.System);
        var session = Session(new SessionKey(user.Tenant, user.User, id));
        try
        {
            return await session.StartAsync(options, cancellationToken);
        }
        catch (ConflictException error) when (error.Code == ErrorCodes.Completed && options.Restore)
        {
            return await StartSessionAsync(user, options with { SessionId = null, PreviousSessionId = id }, cancellationToken);
        }
    }

    public ValueTask<ActivationStats> GetStatsAsync(CancellationToken cancellationToken = default) => ValueTask.FromResult(new ActivationStats
    {
        TotalSessions = _sessions.Count,
        TotalUsers = 1,
        MaxCapacity = 1_000,
        TtlSeconds = 1_800,
        AvgAgeSeconds = 1,
        OldestAgeSeconds = 2,
        Hits = 3,
        Misses = 1,
        Evictions = 0,
    });

    public ValueTask<MemoryHealth> GetHealthAsync(CancellationToken cancellationToken = default) =>
        Failure is { } failure ? throw failure() : ValueTask.FromResult(Health);
}

internal sealed class FakeUser(UserKey key, FakeCluster cluster) : IUserMemory
{
    public UserKey Key { get; } = key;

    public Task<SessionPage> ListSessionsAsync(SessionQuery query, CancellationToken cancellationToken = default)
    {
        var all = cluster.SessionsOf(Key)
            .Select(session => session.Listing())
            .Where(session => query.AgentId is null || session.AgentId == query.AgentId)
            .Where(session => query.Status is null || session.Status == query.Status)
            .OrderByDescending(session => session.StartTime)
            .ThenBy(session => session.SessionId, StringComparer.Ordinal)
            .ToList();
        var start = query.After is null ? 0 : all.FindIndex(session => session.SessionId == query.After) + 1;
        var page = all.Skip(start).Take(query.Limit).ToList();
        return Task.FromResult(new SessionPage(page, start + page.Count < all.Count ? page[^1].SessionId : null));
    }
}

internal sealed class FakeCatalog : IResourceCatalog
{
    private readonly SortedDictionary<string, StoredResource> _resources = new(StringComparer.Ordinal)
    {
        ["default"] = new(new MemoryResource { Name = "default" }, "\"c\"", Configured: true),
    };

    public Task<IReadOnlyList<StoredResource>> ListAsync(CancellationToken cancellationToken = default)
    {
        lock (_resources)
        {
            return Task.FromResult<IReadOnlyList<StoredResource>>([.. _resources.Values]);
        }
    }

    public Task<StoredResource> GetAsync(string name, CancellationToken cancellationToken = default)
    {
        lock (_resources)
        {
            return Task.FromResult(_resources.TryGetValue(name, out var found) ? found : throw new NotFoundException($"There is no resource {name}."));
        }
    }

    public Task<StoredResource> PutAsync(MemoryResource resource, string? ifMatch = null, bool ifNoneMatch = false, CancellationToken cancellationToken = default)
    {
        lock (_resources)
        {
            var known = _resources.GetValueOrDefault(resource.Name);
            if (known is { Configured: true })
            {
                throw new AccessDeniedException(ErrorCodes.Forbidden, "It comes from the configuration.");
            }

            if ((ifMatch is not null && ifMatch != known?.ETag) || (ifNoneMatch && known is not null))
            {
                throw new PreconditionFailedException(known?.ETag);
            }

            if (resource.Compaction.RetainTurns < 1)
            {
                throw new InvalidRequestException("compaction.retain_turns", "must be 1 or more");
            }

            var revision = (known?.Resource.Revision ?? 0) + 1;
            return Task.FromResult(_resources[resource.Name] = new StoredResource(resource with { Revision = revision }, $"\"{revision}\"", false));
        }
    }

    public Task DeleteAsync(string name, string? ifMatch = null, CancellationToken cancellationToken = default)
    {
        lock (_resources)
        {
            var known = _resources.GetValueOrDefault(name) ?? throw new NotFoundException($"There is no resource {name}.");
            if (ifMatch is not null && ifMatch != known.ETag)
            {
                throw new PreconditionFailedException(known.ETag);
            }

            _resources.Remove(name);
            return Task.CompletedTask;
        }
    }

    public async Task<ResourceImportResult> ImportAsync(IReadOnlyList<MemoryResource> resources, bool overwrite, CancellationToken cancellationToken = default)
    {
        var (created, updated, skipped) = (new List<string>(), new List<string>(), new List<string>());
        foreach (var resource in resources)
        {
            var exists = (await ListAsync(cancellationToken)).Any(known => known.Resource.Name == resource.Name);
            (exists ? overwrite ? updated : skipped : created).Add(resource.Name);
            if (!exists || overwrite)
            {
                await PutAsync(resource, cancellationToken: cancellationToken);
            }
        }

        return new ResourceImportResult(created, updated, skipped);
    }

    public async Task<string> ResolveSessionIdAsync(string resource, IReadOnlyDictionary<string, string> values, CancellationToken cancellationToken = default)
    {
        var id = (await GetAsync(resource, cancellationToken)).Resource.KeyTemplate ?? throw new InvalidRequestException("resource", "has no key template");
        foreach (var (name, value) in values)
        {
            id = id.Replace("{{" + name + "}}", value);
        }

        return Ids.Require(id, "key_values");
    }
}
