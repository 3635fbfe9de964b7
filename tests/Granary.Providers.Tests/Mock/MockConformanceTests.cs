using Granary.Conformance.Providers;
using Granary.Conformance.Time;
using Granary.Providers.Mock;

namespace Granary.Providers.Tests.Mock;

public sealed class MockConformanceTests : MemoryProviderConformance
{
    protected override Task<ProviderFixture> OpenAsync() => Task.FromResult<ProviderFixture>(new MockFixture());

    private sealed class MockFixture : ProviderFixture
    {
        private readonly ManualTimeProvider _time = new();

        public MockFixture() => Provider = new MockMemoryProvider(_time);

        public override IMemoryProvider Provider { get; }

        public override Task TickAsync()
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            return Task.CompletedTask;
        }
    }
}
