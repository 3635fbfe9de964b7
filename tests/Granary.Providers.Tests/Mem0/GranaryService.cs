using Granary.Conformance.Http;
using Granary.Conformance.Stores;
using Granary.Conformance.Time;
using Granary.Core.Storage;
using Granary.Http.Identity;
using Microsoft.Extensions.DependencyInjection;

namespace Granary.Providers.Tests.Mem0;

/// <summary>Another Granary, with its routes of mem0: one server whose keys lead to a tenant each, so that every test has one of its own.</summary>
public sealed class GranaryService : HttpFixture
{
    private const int Tenants = 300;

    private readonly ApiKey[] _keys = [.. Enumerable.Range(0, Tenants).Select(_ => ApiKey.Create())];
    private HttpServer _server = null!;
    private int _taken = -1;

    /// <summary>The server's clock.</summary>
    public ManualTimeProvider Time { get; } = new();

    public Uri Address => _server.Address;

    /// <summary>A key whose tenant has nothing yet.</summary>
    public string TakeKey() => _keys[Interlocked.Increment(ref _taken)].Text;

    public override async Task InitializeAsync() => _server = await StartAsync(options => options.Keys =
        [.. _keys.Select((key, number) => new ApiKeyOptions { Hash = key.Hash, Tenant = $"tenant-{number}" })]);

    public override async Task DisposeAsync() => await _server.DisposeAsync();

    protected override void AddCluster(IServiceCollection services)
    {
        services.AddSingleton<TimeProvider>(Time);
        services.AddSingleton<IPartitionStore>(new InMemoryPartitionStore(Time));
        services.AddGranaryEmbedded();
    }
}
