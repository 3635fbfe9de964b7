namespace Granary.Orleans.Cluster;

/// <summary>A tenant's memory resources: changes are told to the other silos before they are answered.</summary>
internal sealed class SiloResources(IResourceCatalog catalog, string tenant, Silos silos) : IResourceCatalog
{
    public Task<IReadOnlyList<StoredResource>> ListAsync(CancellationToken cancellationToken = default) => catalog.ListAsync(cancellationToken);

    public Task<StoredResource> GetAsync(string name, CancellationToken cancellationToken = default) => catalog.GetAsync(name, cancellationToken);

    public async Task<StoredResource> PutAsync(
        MemoryResource resource, string? ifMatch = null, bool ifNoneMatch = false, CancellationToken cancellationToken = default)
    {
        var stored = await catalog.PutAsync(resource, ifMatch, ifNoneMatch, cancellationToken).ConfigureAwait(false);
        await silos.RefreshResourcesAsync(tenant).ConfigureAwait(false);
        return stored;
    }

    public async Task DeleteAsync(string name, string? ifMatch = null, CancellationToken cancellationToken = default)
    {
        await catalog.DeleteAsync(name, ifMatch, cancellationToken).ConfigureAwait(false);
        await silos.RefreshResourcesAsync(tenant).ConfigureAwait(false);
    }

    public async Task<ResourceImportResult> ImportAsync(
        IReadOnlyList<MemoryResource> resources, bool overwrite, CancellationToken cancellationToken = default)
    {
        var result = await catalog.ImportAsync(resources, overwrite, cancellationToken).ConfigureAwait(false);
        await silos.RefreshResourcesAsync(tenant).ConfigureAwait(false);
        return result;
    }

    public Task<string> ResolveSessionIdAsync(string resource, IReadOnlyDictionary<string, string> values, CancellationToken cancellationToken = default) =>
        catalog.ResolveSessionIdAsync(resource, values, cancellationToken);
}
