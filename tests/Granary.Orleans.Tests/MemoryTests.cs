using Granary.Conformance.Memory;

namespace Granary.Orleans.Tests;

/// <summary>A cluster does what the embedded host does, asked at a silo.</summary>
public sealed class SiloMemoryTests : MemoryConformance
{
    protected override Task<MemoryFixture> OpenAsync() => ClusterFixture.OpenAsync();
}

/// <summary>A cluster does what the embedded host does, asked by a client.</summary>
public sealed class ClientMemoryTests : MemoryConformance
{
    protected override Task<MemoryFixture> OpenAsync() => ClusterFixture.OpenAsync(asClient: true);
}
