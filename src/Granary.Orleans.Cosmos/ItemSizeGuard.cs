using Granary.Core.Storage;
using Microsoft.Azure.Cosmos;

namespace Granary.Orleans.Cosmos;

/// <summary>
/// Refuses an item that Cosmos would refuse, with a message that says why: the service itself answers "Request size is too large" after the
/// upload. Sits in the client, where the item is what goes over the wire.
/// </summary>
internal sealed class ItemSizeGuard : RequestHandler
{
    /// <summary>UTF-8 bytes of the JSON of an item: https://learn.microsoft.com/azure/cosmos-db/concepts-limits#per-item-limits.</summary>
    public const int MaxItemBytes = 2 * 1024 * 1024;

    /// <summary>
    /// Room for what surrounds a body: the item's id and partition key (under 1 KiB together), field names, what the service adds.
    /// </summary>
    public const int EnvelopeBytes = 4 * 1024;

    // What the service adds to an item after it has arrived.
    private const int ServiceBytes = 512;

    public override Task<ResponseMessage> SendAsync(RequestMessage request, CancellationToken cancellationToken) =>
        request.Content is { CanSeek: true, Length: > MaxItemBytes - ServiceBytes }
            ? throw new StorageException($"A record of {request.Content.Length:N0} bytes does not fit an item of Cosmos DB ({MaxItemBytes:N0} bytes as JSON). "
                + $"Bodies of up to {CosmosProvider.MaxRecordBytes:N0} bytes always fit.")
            : base.SendAsync(request, cancellationToken);
}
