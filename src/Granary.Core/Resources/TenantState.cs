using System.Buffers;
using System.Collections.Frozen;
using System.Text.Json;
using Granary.Core.Storage;

namespace Granary.Core.Resources;

/// <summary>What a tenant's partition of resources held when it was read. Immutable.</summary>
/// <param name="Version">The partition's version.</param>
/// <param name="Erased">Whether the partition is a tombstone.</param>
/// <param name="Entries">The resources by name, removed ones included.</param>
internal sealed record TenantState(PartitionVersion Version, bool Erased, FrozenDictionary<string, ResourceEntry> Entries)
{
    /// <summary>The resource of a name if it is there and not removed.</summary>
    public MemoryResource? Find(string name) => Entries.GetValueOrDefault(name) is { Deleted: false } entry ? entry.Resource : null;

    /// <summary>The state with some entries changed or added.</summary>
    public TenantState With(IReadOnlyCollection<ResourceEntry> changes)
    {
        var entries = new Dictionary<string, ResourceEntry>(Entries, StringComparer.Ordinal);
        foreach (var change in changes)
            entries[change.Resource.Name] = change;
        return this with { Entries = entries.ToFrozenDictionary(StringComparer.Ordinal) };
    }

    /// <summary>Reads what the store gave.</summary>
    /// <exception cref="StorageException">It is of a newer schema, or broken.</exception>
    public static TenantState Read(PartitionPage page) => page.Documents.Count == 0
        ? new TenantState(page.Version, page.Erased, FrozenDictionary<string, ResourceEntry>.Empty)
        : new TenantState(page.Version, page.Erased, Read(page.Documents[0].Body.Span));

    /// <summary>The entries of a document.</summary>
    /// <exception cref="StorageException">It is of a newer schema, or broken.</exception>
    public static FrozenDictionary<string, ResourceEntry> Read(ReadOnlySpan<byte> body)
    {
        try
        {
            var document = JsonSerializer.Deserialize(body, ResourceJson.Default.ResourceDocument)!;
            return document.Schema <= ResourceDocument.CurrentSchema
                ? document.Resources.ToFrozenDictionary(e => e.Resource.Name, StringComparer.Ordinal)
                : throw new StorageException(
                    $"The stored resources have schema {document.Schema}, this release knows up to {ResourceDocument.CurrentSchema}: use a newer one.");
        }
        catch (JsonException e)
        {
            throw new StorageException("The stored resources cannot be read.", e);
        }
    }

    /// <summary>The document to store.</summary>
    /// <exception cref="TooLargeException">It is larger than a commit takes.</exception>
    public ReadOnlyMemory<byte> Write()
    {
        var document = new ResourceDocument(ResourceDocument.CurrentSchema, [.. Entries.Values.OrderBy(e => e.Resource.Name, StringComparer.Ordinal)]);
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
            JsonSerializer.Serialize(writer, document, ResourceJson.Default.ResourceDocument);

        return buffer.WrittenCount <= ResourceDocument.MaxBytes
            ? buffer.WrittenMemory
            : throw new TooLargeException("resources", "of a tenant may take 1.4 MiB together, removed ones (which their sessions still use) included");
    }
}
