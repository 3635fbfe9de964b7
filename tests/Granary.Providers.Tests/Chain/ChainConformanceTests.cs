using Granary.Conformance.Providers;

namespace Granary.Providers.Tests.Chain;

/// <summary>A chain is a provider like any other.</summary>
public sealed class ChainConformanceTests : MemoryProviderConformance
{
    protected override Task<ProviderFixture> OpenAsync() => Task.FromResult<ProviderFixture>(new ChainFixture());

    private sealed class ChainFixture : ProviderFixture
    {
        private readonly ChainHarness _harness = new();

        public override IMemoryProvider Provider => _harness.Node.Chain;

        public override string Source => "a";

        public override IReadOnlyList<string> Secrets => ["hunter2"];

        public override Task TickAsync()
        {
            _harness.Time.Advance(TimeSpan.FromSeconds(1));
            return Task.CompletedTask;
        }

        public override Task<IMemoryProvider?> OpenBrokenAsync()
        {
            // Tried once each, so that no pause of the clock is waited for.
            var broken = new ChainHarness(new Granary.Providers.Chain.ChainOptions { Rules = ChainRules.Once() });
            foreach (var provider in broken.Providers)
            {
                provider.Mood = Mood.Breaks;
            }

            return Task.FromResult<IMemoryProvider?>(broken.Node.Chain);
        }
    }
}
