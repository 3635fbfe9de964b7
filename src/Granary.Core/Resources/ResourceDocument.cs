using System.Text.Json.Serialization;

namespace Granary.Core.Resources;

/// <summary>
/// All resources that a tenant made by API, as stored. One document, because an import of up to 1,000 is all or none and a commit takes 50 documents:
/// whatever is imported, one document is written. What that costs, rewriting all for a change of one, is paid seldom; resources are set up, not used up.
/// </summary>
/// <param name="Schema">The version of this shape.</param>
/// <param name="Resources">The resources, by name.</param>
internal sealed record ResourceDocument(int Schema, IReadOnlyList<ResourceEntry> Resources)
{
    /// <summary>The present schema.</summary>
    public const int CurrentSchema = 1;

    /// <summary>The document's id.</summary>
    public const string Id = "r:all";

    /// <summary>Bytes that the document may have: 1.4 MiB, below what one commit takes.</summary>
    public const int MaxBytes = 1_468_006;
}

/// <summary>A resource as stored.</summary>
/// <param name="Resource">Its last content.</param>
/// <param name="Deleted">Whether it was removed: no new session can use it, those that do go on with the last content.</param>
internal sealed record ResourceEntry(MemoryResource Resource, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Deleted);

/// <summary>The JSON of stored resources.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ResourceDocument))]
internal sealed partial class ResourceJson : JsonSerializerContext
{
}
