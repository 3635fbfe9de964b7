using Granary.Conformance.Memory;

namespace Granary.Orleans.Tests;

/// <summary>A cluster does what the embedded host does, asked at one of its silos while the sessions live on both.</summary>
public sealed class SiloMemoryTests : MemoryConformance
{
    protected override Task<MemoryFixture> OpenAsync() => ClusterFixture.OpenAsync();
}
