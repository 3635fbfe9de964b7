using System.Collections.Concurrent;
using Granary.Core.Storage;

namespace Granary.Core.Resources;

/// <summary>
/// The memory resources of all tenants: those of the configuration, and those made by API, which are read from the store when a tenant is first used.
/// </summary>
/// <remarks>
/// A tenant's resources stay in memory as long as something uses them: each handle keeps its tenant, sessions keep their handles, and the table knows
/// tenants by weak references only. So there are never two handles for one name, however many tenants come and go. A ring of the tenants that came last
/// keeps those that have no session right now.
/// </remarks>
internal sealed class ResourceCatalog
{
    /// <summary>Tenants that stay in memory without a session.</summary>
    public const int RecentTenants = 256;

    /// <summary>How old a tenant's resources may be before they are read again where nothing else is said.</summary>
    public static readonly TimeSpan DefaultRefreshInterval = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, WeakReference<TenantResources>> _tenants = new(StringComparer.Ordinal);
    private readonly TenantResources?[] _recent = new TenantResources?[RecentTenants];
    private readonly Lock _lock = new();
    private readonly IPartitionStore _store;
    private readonly ConfiguredResources _configured;
    private readonly TimeProvider _time;
    private readonly TimeSpan _refreshInterval;
    private int _next;

    /// <summary>Makes the catalog; nothing is read yet.</summary>
    /// <param name="store">Where resources made by API are, in the partitions <c>resources/{tenant}</c>.</param>
    /// <param name="configured">The resources of the configuration; one of the default's name takes its place.</param>
    /// <param name="defaultResource">The resource of sessions that name none.</param>
    /// <param name="time">The clock.</param>
    /// <param name="refreshInterval">
    /// The age from which a tenant's resources are read again, in the background, when they are used: the time that a change made by another process
    /// takes to arrive. Above 0; null: 5 s.
    /// </param>
    /// <exception cref="InvalidRequestException">A configured resource breaks a rule.</exception>
    public ResourceCatalog(
        IPartitionStore store, IReadOnlyList<MemoryResource> configured, MemoryResource defaultResource, TimeProvider time, TimeSpan? refreshInterval = null)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(time);
        _configured = new ConfiguredResources(configured, defaultResource);
        (_store, _time, _refreshInterval) = (store, time, refreshInterval ?? DefaultRefreshInterval);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(_refreshInterval, TimeSpan.Zero, nameof(refreshInterval));
    }

    /// <summary>The catalog as a tenant sees it.</summary>
    /// <exception cref="InvalidRequestException">The tenant's id breaks the rule.</exception>
    public IResourceCatalog For(string tenant) => new TenantCatalog(Tenant(tenant));

    /// <summary>The resource of a new session.</summary>
    /// <param name="tenant">The tenant.</param>
    /// <param name="name">The resource's name; null for the default one.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <exception cref="InvalidRequestException">There is no such resource, or it was removed (field <c>resource</c>).</exception>
    /// <exception cref="UnavailableException">The store failed.</exception>
    public ValueTask<ResourceHandle> ResolveAsync(string tenant, string? name, CancellationToken ct) =>
        Tenant(tenant).ResolveAsync(name is null ? _configured.Default.Name : Ids.Require(name, "resource"), ct);

    /// <summary>
    /// The resource of a session that exists. A removed one keeps its last content; one that nothing is known of (it left the configuration) is replaced
    /// by the default resource, until it is known again.
    /// </summary>
    /// <exception cref="UnavailableException">The store failed.</exception>
    public ValueTask<ResourceHandle> ResolveForSessionAsync(string tenant, string name, CancellationToken ct) =>
        Tenant(tenant).ResolveForSessionAsync(name, ct);

    /// <summary>Reads a tenant's resources anew, because another process changed them. Does nothing where the tenant is not in memory.</summary>
    /// <exception cref="UnavailableException">The store failed.</exception>
    public Task RefreshAsync(string tenant, CancellationToken ct) => Find(tenant)?.RefreshNowAsync(ct) ?? Task.CompletedTask;

    private TenantResources Tenant(string tenant)
    {
        if (Find(tenant) is { } known)
            return known;

        Ids.Require(tenant, "tenant_id");
        lock (_lock)
        {
            if (Find(tenant) is { } made)
                return made;

            var resources = new TenantResources(tenant, _configured, _store, _time, _refreshInterval);
            _tenants[tenant] = new WeakReference<TenantResources>(resources);
            _recent[_next] = resources;
            _next = (_next + 1) % RecentTenants;
            if (_next == 0)
                ForgetCollected();
            return resources;
        }
    }

    private TenantResources? Find(string tenant) =>
        _tenants.TryGetValue(tenant, out var reference) && reference.TryGetTarget(out var resources) ? resources : null;

    private void ForgetCollected()
    {
        foreach (var (tenant, reference) in _tenants)
        {
            if (!reference.TryGetTarget(out _))
                _tenants.TryRemove(tenant, out _);
        }
    }
}
