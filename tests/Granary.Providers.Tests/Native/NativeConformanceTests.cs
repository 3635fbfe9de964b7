using Granary.Conformance.Providers;

namespace Granary.Providers.Tests.Native;

public sealed class NativeConformanceTests : MemoryProviderConformance
{
    protected override Task<ProviderFixture> OpenAsync() => Task.FromResult<ProviderFixture>(new NativeFixture());
}
