using Granary.Orleans.Grains;
using Orleans;

namespace Granary.Orleans.Cluster;

/// <summary>A tenant's memory resources, asked for at the cluster.</summary>
internal sealed class ClientResources(IGrainFactory grains, string tenant) : IResourceCatalog
{
    private readonly IResourceGrain _grain = ClusterCalls.Grain<IResourceGrain>(grains, tenant);

    public async Task<IReadOnlyList<StoredResource>> ListAsync(CancellationToken cancellationToken = default) =>
        await ClusterCalls.GuardAsync(() => _grain.ListAsync(cancellationToken), cancellationToken).ConfigureAwait(false);

    public Task<StoredResource> GetAsync(string name, CancellationToken cancellationToken = default) =>
        ClusterCalls.GuardAsync(() => _grain.GetAsync(name, cancellationToken), cancellationToken);

    public Task<StoredResource> PutAsync(
        MemoryResource resource, string? ifMatch = null, bool ifNoneMatch = false, CancellationToken cancellationToken = default) =>
        ClusterCalls.GuardAsync(() => _grain.PutAsync(resource, ifMatch, ifNoneMatch, cancellationToken), cancellationToken);

    public Task DeleteAsync(string name, string? ifMatch = null, CancellationToken cancellationToken = default) =>
        ClusterCalls.GuardAsync(() => _grain.DeleteAsync(name, ifMatch, cancellationToken), cancellationToken);

    public Task<ResourceImportResult> ImportAsync(
        IReadOnlyList<MemoryResource> resources, bool overwrite, CancellationToken cancellationToken = default) =>
        ClusterCalls.GuardAsync(() => _grain.ImportAsync([.. resources], overwrite, cancellationToken), cancellationToken);

    public Task<string> ResolveSessionIdAsync(string resource, IReadOnlyDictionary<string, string> values, CancellationToken cancellationToken = default) =>
        ClusterCalls.GuardAsync(() => _grain.ResolveSessionIdAsync(resource, new Dictionary<string, string>(values), cancellationToken), cancellationToken);
}
