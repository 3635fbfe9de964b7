using Granary.Client.Http;
using Granary.Wire;

namespace Granary.Client;

public sealed partial class GranaryClient
{
    /// <summary>All memory resources of the tenant, by name.</summary>
    public Task<ResourcesResponse> ListResourcesAsync(CancellationToken cancellationToken = default) =>
        _transport.SendAsync(Get("resources"), ClientJson.Read.ResourcesResponse, cancellationToken);

    /// <summary>A memory resource and its ETag.</summary>
    public Task<Tagged<MemoryResource>> GetResourceAsync(string name, CancellationToken cancellationToken = default) =>
        SendResourceAsync(Get(ResourcePath(name)), cancellationToken);

    /// <summary>Makes or changes a memory resource.</summary>
    /// <param name="resource">The resource; its revision is ignored.</param>
    /// <param name="ifMatch">The ETag that the present one must have; <c>*</c>: there must be one; null: any.</param>
    /// <param name="onlyIfNew">Whether there must be none yet.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="PreconditionFailedException">A condition does not hold.</exception>
    /// <exception cref="AccessDeniedException">It comes from the service's configuration.</exception>
    public Task<Tagged<MemoryResource>> PutResourceAsync(
        MemoryResource resource, string? ifMatch = null, bool onlyIfNew = false, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(resource);
        var repeat = ifMatch is null && !onlyIfNew ? Repeat.Always : Repeat.IfNotRun;
        var call = Send(HttpMethod.Put, ResourcePath(resource.Name), resource, ClientJson.Write.MemoryResource, repeat, _user) with
        {
            IfMatch = RequireETag(ifMatch, "If-Match"),
            IfNoneMatch = onlyIfNew ? "*" : null,
        };
        return SendResourceAsync(call, cancellationToken);
    }

    /// <summary>Removes a memory resource.</summary>
    /// <param name="name">The resource.</param>
    /// <param name="ifMatch">The ETag that it must have, or null for any.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="PreconditionFailedException"><paramref name="ifMatch"/> does not hold.</exception>
    /// <exception cref="AccessDeniedException">It comes from the service's configuration.</exception>
    public Task DeleteResourceAsync(string name, string? ifMatch = null, CancellationToken cancellationToken = default) =>
        // A repeat would not find what the lost answer's attempt removed.
        _transport.SendAsync(Delete(ResourcePath(name), ifMatch) with { Repeat = Repeat.IfNotRun }, NothingAsync, cancellationToken);

    /// <summary>Takes 1 to 1,000 memory resources from elsewhere, all or none.</summary>
    public Task<ResourceImportResult> ImportResourcesAsync(ResourceImportRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return _transport.SendAsync(
            Post("resources/import", request, ClientJson.Write.ResourceImportRequest, Repeat.IfNotRun),
            ClientJson.Read.ResourceImportResult,
            cancellationToken);
    }

    /// <summary>All memory resources, as <see cref="ImportResourcesAsync"/> takes them.</summary>
    public Task<ResourcesResponse> ExportResourcesAsync(CancellationToken cancellationToken = default) =>
        _transport.SendAsync(Get("resources/export"), ClientJson.Read.ResourcesResponse, cancellationToken);

    /// <summary>The id of a session made of a resource's key template and values.</summary>
    /// <param name="resource">The resource's name.</param>
    /// <param name="values">A value for each name of the template.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="InvalidRequestException">There is no template, a value is missing, or the result is no valid id.</exception>
    public async Task<string> ResolveSessionIdAsync(
        string resource, IReadOnlyDictionary<string, string> values, CancellationToken cancellationToken = default)
    {
        var call = Post(ResourcePath(resource, "/resolve"), new ResolveKeyRequest { KeyValues = values }, ClientJson.Write.ResolveKeyRequest, Repeat.Always);
        return (await _transport.SendAsync(call, ClientJson.Read.ResolveKeyResponse, cancellationToken).ConfigureAwait(false)).SessionId;
    }

    private Task<Tagged<MemoryResource>> SendResourceAsync(ApiCall call, CancellationToken cancellationToken) =>
        _transport.SendAsync(call, (response, token) => ReadTaggedAsync(response, ClientJson.Read.MemoryResource, token), cancellationToken);

    private static string ResourcePath(string name, string rest = "") => $"resources/{Uri.EscapeDataString(Ids.Require(name, "name"))}{rest}";
}
