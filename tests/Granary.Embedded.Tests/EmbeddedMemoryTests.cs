using Granary.Conformance.Memory;

namespace Granary.Embedded.Tests;

/// <summary>The embedded host does what every host must do.</summary>
public sealed class EmbeddedMemoryTests : MemoryConformance
{
    protected override Task<MemoryFixture> OpenAsync() => Task.FromResult<MemoryFixture>(new EmbeddedFixture());
}
