using Granary.Conformance.Memory;

namespace Granary.Orleans.Tests;

/// <summary>A cluster recalls by vectors as the embedded host does.</summary>
public sealed class VectorTests : VectorConformance
{
    protected override Task<MemoryFixture> OpenAsync(ConceptEmbedder embedder) => ClusterFixture.OpenAsync(embedder);
}
