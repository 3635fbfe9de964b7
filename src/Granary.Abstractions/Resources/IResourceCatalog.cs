namespace Granary;

/// <summary>The memory resources of a tenant: those of the configuration, which cannot be changed here, and those made by API.</summary>
public interface IResourceCatalog
{
    /// <summary>All resources, by name.</summary>
    Task<IReadOnlyList<StoredResource>> ListAsync(CancellationToken cancellationToken = default);

    /// <summary>A resource.</summary>
    /// <exception cref="NotFoundException">There is none of that name.</exception>
    Task<StoredResource> GetAsync(string name, CancellationToken cancellationToken = default);

    /// <summary>Makes or changes a resource. Sessions that use it follow the change with their next append.</summary>
    /// <param name="resource">The resource; its revision is ignored.</param>
    /// <param name="ifMatch">The ETag that the present one must have; <c>*</c>: there must be one; null: any.</param>
    /// <param name="ifNoneMatch">Whether there must be none yet.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="InvalidRequestException">It breaks a rule; the field is named.</exception>
    /// <exception cref="PreconditionFailedException">A condition does not hold.</exception>
    /// <exception cref="AccessDeniedException">It comes from the configuration.</exception>
    Task<StoredResource> PutAsync(MemoryResource resource, string? ifMatch = null, bool ifNoneMatch = false, CancellationToken cancellationToken = default);

    /// <summary>Removes a resource: no new session can use it, those that do go on with its last revision.</summary>
    /// <exception cref="NotFoundException">There is none of that name.</exception>
    /// <exception cref="PreconditionFailedException"><paramref name="ifMatch"/> does not hold.</exception>
    /// <exception cref="AccessDeniedException">It comes from the configuration.</exception>
    Task DeleteAsync(string name, string? ifMatch = null, CancellationToken cancellationToken = default);

    /// <summary>Takes resources from elsewhere, all or none.</summary>
    /// <param name="resources">1 to 1,000 resources.</param>
    /// <param name="overwrite">True changes those that exist, false leaves them as they are (<c>seed_only</c>).</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="InvalidRequestException">One breaks a rule; nothing was stored.</exception>
    Task<ResourceImportResult> ImportAsync(IReadOnlyList<MemoryResource> resources, bool overwrite, CancellationToken cancellationToken = default);

    /// <summary>The id of a session made of the resource's key template and values.</summary>
    /// <exception cref="InvalidRequestException">There is no template, a value is missing, or the result is no valid id.</exception>
    /// <exception cref="NotFoundException">There is no such resource.</exception>
    Task<string> ResolveSessionIdAsync(string resource, IReadOnlyDictionary<string, string> values, CancellationToken cancellationToken = default);
}

/// <summary>A resource of the catalog.</summary>
/// <param name="Resource">The resource.</param>
/// <param name="ETag">Its ETag.</param>
/// <param name="Configured">Whether it comes from the configuration and cannot be changed by API.</param>
public sealed record StoredResource(MemoryResource Resource, string ETag, bool Configured);

/// <summary>What an import of resources did.</summary>
/// <param name="Created">Names that were made.</param>
/// <param name="Updated">Names that were changed.</param>
/// <param name="Skipped">Names that existed and were left as they are.</param>
public sealed record ResourceImportResult(IReadOnlyList<string> Created, IReadOnlyList<string> Updated, IReadOnlyList<string> Skipped);
