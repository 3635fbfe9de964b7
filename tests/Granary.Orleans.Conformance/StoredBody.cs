using Orleans;

namespace Granary.Orleans.Conformance;

/// <summary>The state of a record: its bytes.</summary>
[GenerateSerializer]
[Alias("conformance.body")]
public sealed class StoredBody
{
    /// <summary>The bytes.</summary>
    [Id(0)]
    public byte[] Body { get; set; } = [];
}
