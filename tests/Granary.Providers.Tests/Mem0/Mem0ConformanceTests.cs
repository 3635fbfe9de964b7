using Granary.Conformance.Providers;
using Granary.Providers.Mem0;

namespace Granary.Providers.Tests.Mem0;

public sealed class Mem0V3ConformanceTests(GranaryService service) : MemoryProviderConformance, IClassFixture<GranaryService>
{
    protected override Task<ProviderFixture> OpenAsync() => Task.FromResult<ProviderFixture>(new GranaryProviderFixture(service, Mem0Api.Auto));
}

public sealed class Mem0V1ConformanceTests(GranaryService service) : MemoryProviderConformance, IClassFixture<GranaryService>
{
    protected override Task<ProviderFixture> OpenAsync() => Task.FromResult<ProviderFixture>(new GranaryProviderFixture(service, Mem0Api.V1));
}

/// <summary>A provider whose service is another Granary.</summary>
internal sealed class GranaryProviderFixture : ProviderFixture
{
    private readonly GranaryService _service;
    private readonly Mem0Api _api;
    private readonly string _key;
    private readonly List<Mem0MemoryProvider> _opened = [];

    public GranaryProviderFixture(GranaryService service, Mem0Api api)
    {
        (_service, _api, _key) = (service, api, service.TakeKey());
        Provider = Open(service.Address.ToString());
    }

    public override Mem0MemoryProvider Provider { get; }

    public override bool TakesIds => false;

    /// <summary>Both keep some of their own with the caller's.</summary>
    public override int MaxMetadataBytes => MessageLimits.MaxMetadataBytes - 256;

    public override IReadOnlyList<string> Secrets => [_key];

    public override Task TickAsync()
    {
        _service.Time.Advance(TimeSpan.FromSeconds(1));
        return Task.CompletedTask;
    }

    public override Task<IMemoryProvider?> OpenBrokenAsync() => Task.FromResult<IMemoryProvider?>(Open("http://127.0.0.1:1"));

    public override ValueTask DisposeAsync()
    {
        _opened.ForEach(provider => provider.Dispose());
        return ValueTask.CompletedTask;
    }

    private Mem0MemoryProvider Open(string address)
    {
        var provider = new Mem0MemoryProvider(new Mem0ProviderOptions { BaseUrl = address, ApiKey = _key, KeyScheme = Mem0KeyScheme.Token, Api = _api });
        _opened.Add(provider);
        return provider;
    }
}
