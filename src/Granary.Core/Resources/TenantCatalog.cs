namespace Granary.Core.Resources;

/// <summary>The catalog of one tenant.</summary>
internal sealed class TenantCatalog(TenantResources tenant) : IResourceCatalog
{
    /// <summary>Resources in one import.</summary>
    public const int MaxImport = 1_000;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<StoredResource>> ListAsync(CancellationToken cancellationToken = default)
    {
        var state = await tenant.GetAsync(cancellationToken).ConfigureAwait(false);
        var own = state.Entries.Values.Where(e => !e.Deleted && tenant.Configured.Find(e.Resource.Name) is null).Select(e => Stored(e.Resource, false));
        return [.. own.Concat(tenant.Configured.All.Select(r => Stored(r, true))).OrderBy(r => r.Resource.Name, StringComparer.Ordinal)];
    }

    /// <inheritdoc/>
    public async Task<StoredResource> GetAsync(string name, CancellationToken cancellationToken = default)
    {
        Ids.Require(name, "name");
        if (tenant.Configured.Find(name) is { } configured)
            return Stored(configured, true);

        var own = await tenant.FindAsync(name, static (state, name) => state.Find(name), cancellationToken).ConfigureAwait(false);
        return own is null ? throw NotFound(name) : Stored(own, false);
    }

    /// <inheritdoc/>
    public async Task<StoredResource> PutAsync(
        MemoryResource resource, string? ifMatch = null, bool ifNoneMatch = false, CancellationToken cancellationToken = default)
    {
        ResourceValidator.Validate(resource);
        RefuseConfigured(resource.Name);
        return await tenant.ChangeAsync<StoredResource>(
            state =>
            {
                var present = state.Find(resource.Name);
                ResourceETag.Require(ifMatch, present);
                if (ifNoneMatch && present is not null)
                    throw new PreconditionFailedException(ResourceETag.Of(present));
                if (present is not null && ResourceContent.AreSame(present, resource))
                    return ([], Stored(present, false));

                var next = NextRevision(state, resource);
                return ([new ResourceEntry(next, false)], Stored(next, false));
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task DeleteAsync(string name, string? ifMatch = null, CancellationToken cancellationToken = default)
    {
        Ids.Require(name, "name");
        RefuseConfigured(name);
        await tenant.ChangeAsync<object?>(
            state =>
            {
                var present = state.Find(name) ?? throw NotFound(name);
                ResourceETag.Require(ifMatch, present);
                return ([new ResourceEntry(present, true)], null);
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<ResourceImportResult> ImportAsync(
        IReadOnlyList<MemoryResource> resources, bool overwrite, CancellationToken cancellationToken = default)
    {
        Validate(resources);
        return await tenant.ChangeAsync(state => Plan(state, resources, overwrite), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<string> ResolveSessionIdAsync(
        string resource, IReadOnlyDictionary<string, string> values, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(values);
        var found = await GetAsync(resource, cancellationToken).ConfigureAwait(false);
        return found.Resource.KeyTemplate is { } template
            ? KeyTemplate.Parse(template).Render(values)
            : throw new InvalidRequestException("resource", $"'{resource}' has no key template");
    }

    private static void Validate(IReadOnlyList<MemoryResource> resources)
    {
        if (resources is null)
            throw new InvalidRequestException("resources", "is required");
        if (resources.Count == 0)
            throw new InvalidRequestException("resources", "must hold 1 to 1000 resources");
        if (resources.Count > MaxImport)
            throw new TooLargeException("resources", "must hold at most 1000 resources");

        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < resources.Count; i++)
        {
            if (resources[i] is null)
                throw new InvalidRequestException($"resources[{i}]", "is required");
            ResourceValidator.Validate(resources[i], $"resources[{i}].");
            if (!names.Add(resources[i].Name))
                throw new InvalidRequestException($"resources[{i}].name", "comes twice");
        }
    }

    /// <summary>Configured resources are left as they are in both modes: an export holds them, and it must be possible to take it in again.</summary>
    private (IReadOnlyCollection<ResourceEntry> Changes, ResourceImportResult Answer) Plan(
        TenantState state, IReadOnlyList<MemoryResource> resources, bool overwrite)
    {
        var changes = new List<ResourceEntry>();
        List<string> created = [], updated = [], skipped = [];
        foreach (var resource in resources)
        {
            var present = tenant.Configured.Find(resource.Name) ?? state.Find(resource.Name);
            var isFixed = tenant.Configured.Find(resource.Name) is not null;
            if (present is not null && (isFixed || !overwrite || ResourceContent.AreSame(present, resource)))
            {
                skipped.Add(resource.Name);
                continue;
            }

            (present is null ? created : updated).Add(resource.Name);
            changes.Add(new ResourceEntry(NextRevision(state, resource), false));
        }

        return (changes, new ResourceImportResult(created, updated, skipped));
    }

    /// <summary>Revisions go on after a removal, so that an ETag never stands for two contents.</summary>
    private static MemoryResource NextRevision(TenantState state, MemoryResource resource) =>
        resource with { Revision = (state.Entries.GetValueOrDefault(resource.Name)?.Resource.Revision ?? 0) + 1 };

    private void RefuseConfigured(string name)
    {
        if (tenant.Configured.Find(name) is not null)
            throw new AccessDeniedException(ErrorCodes.Forbidden, $"The resource '{name}' comes from the configuration and is changed there.");
    }

    private static StoredResource Stored(MemoryResource resource, bool configured) => new(resource, ResourceETag.Of(resource), configured);

    private static NotFoundException NotFound(string name) => new($"There is no memory resource '{name}'.");
}
