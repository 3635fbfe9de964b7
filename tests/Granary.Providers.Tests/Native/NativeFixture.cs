using Granary.Conformance.Providers;
using Granary.Conformance.Stores;
using Granary.Conformance.Time;
using Granary.Core.Storage;
using Granary.Providers.Native;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Granary.Providers.Tests.Native;

/// <summary>Granary's own memory: the embedded host over a store in memory.</summary>
internal sealed class NativeFixture : ProviderFixture
{
    private readonly ManualTimeProvider _time = new();
    private readonly ServiceProvider _services;

    public NativeFixture()
    {
        Store = new FaultyPartitionStore(new InMemoryPartitionStore(_time));
        _services = new ServiceCollection()
            .AddSingleton<TimeProvider>(_time)
            .AddSingleton<IPartitionStore>(Store)
            .AddSingleton(typeof(ILogger<>), typeof(NullLogger<>))
            .AddGranaryEmbedded()
            .BuildServiceProvider();
        Cluster = _services.GetRequiredService<IMemoryCluster>();
        Provider = new NativeMemoryProvider(Cluster, _time);
    }

    public FaultyPartitionStore Store { get; }

    public IMemoryCluster Cluster { get; }

    public override IMemoryProvider Provider { get; }

    public override Task TickAsync()
    {
        _time.Advance(TimeSpan.FromSeconds(1));
        return Task.CompletedTask;
    }

    public override Task<IMemoryProvider?> OpenBrokenAsync()
    {
        Store.Crash();
        return Task.FromResult<IMemoryProvider?>(Provider);
    }

    public override ValueTask DisposeAsync() => _services.DisposeAsync();
}
