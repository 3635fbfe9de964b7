using Granary.Conformance.Memory;

namespace Granary.Embedded.Tests;

/// <summary>The embedded host recalls by vectors as every host must.</summary>
public sealed class VectorTests : VectorConformance
{
    protected override Task<MemoryFixture> OpenAsync(ConceptEmbedder embedder) => Task.FromResult<MemoryFixture>(new EmbeddedFixture(embedder: embedder));
}
