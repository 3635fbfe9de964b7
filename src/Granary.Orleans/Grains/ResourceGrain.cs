using Granary.Orleans.Cluster;
using Orleans;
using Orleans.Concurrency;

namespace Granary.Orleans.Grains;

/// <summary>Passes a client's calls on to the catalog of the silo it runs on.</summary>
[GrainType("resources")]
[StatelessWorker]
[Reentrant]
internal sealed class ResourceGrain(SiloMemory memory) : Grain, IResourceGrain
{
    private IResourceCatalog Catalog => memory.Resources(this.GetPrimaryKeyString());

    public async Task<StoredResource[]> ListAsync(CancellationToken cancellationToken) => [.. await Catalog.ListAsync(cancellationToken)];

    public Task<StoredResource> GetAsync(string name, CancellationToken cancellationToken) => Catalog.GetAsync(name, cancellationToken);

    public Task<StoredResource> PutAsync(MemoryResource resource, string? ifMatch, bool ifNoneMatch, CancellationToken cancellationToken) =>
        Catalog.PutAsync(resource, ifMatch, ifNoneMatch, cancellationToken);

    public Task DeleteAsync(string name, string? ifMatch, CancellationToken cancellationToken) => Catalog.DeleteAsync(name, ifMatch, cancellationToken);

    public Task<ResourceImportResult> ImportAsync(MemoryResource[] resources, bool overwrite, CancellationToken cancellationToken) =>
        Catalog.ImportAsync(resources, overwrite, cancellationToken);

    public Task<string> ResolveSessionIdAsync(string resource, Dictionary<string, string> values, CancellationToken cancellationToken) =>
        Catalog.ResolveSessionIdAsync(resource, values, cancellationToken);
}
