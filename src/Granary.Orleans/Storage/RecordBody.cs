using Orleans;

namespace Granary.Orleans.Storage;

/// <summary>A record of the paged store as grain state: its bytes, as every provider can write them.</summary>
[GenerateSerializer]
[Alias("granary.record")]
internal sealed class RecordBody
{
    /// <summary>The bytes. Never changed: providers may serialize them on any thread, and more than once.</summary>
    [Id(0)]
    public byte[] Body { get; set; } = [];
}
