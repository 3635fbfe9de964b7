using Orleans;

namespace Granary.Orleans.Grains;

/// <summary>The memory resources of a tenant, for clients that have no store; its key is the tenant. See <see cref="IResourceCatalog"/>.</summary>
[Alias("granary.resources")]
internal interface IResourceGrain : IGrainWithStringKey
{
    [Alias("list")]
    Task<StoredResource[]> ListAsync(CancellationToken cancellationToken);

    [Alias("get")]
    Task<StoredResource> GetAsync(string name, CancellationToken cancellationToken);

    [Alias("put")]
    Task<StoredResource> PutAsync(MemoryResource resource, string? ifMatch, bool ifNoneMatch, CancellationToken cancellationToken);

    [Alias("delete")]
    Task DeleteAsync(string name, string? ifMatch, CancellationToken cancellationToken);

    [Alias("import")]
    Task<ResourceImportResult> ImportAsync(MemoryResource[] resources, bool overwrite, CancellationToken cancellationToken);

    [Alias("session-id")]
    Task<string> ResolveSessionIdAsync(string resource, Dictionary<string, string> values, CancellationToken cancellationToken);
}
