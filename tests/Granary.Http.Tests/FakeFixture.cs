using Granary.Conformance.Http;
using Granary.Http.Tests.Fakes;
using Microsoft.Extensions.DependencyInjection;

namespace Granary.Http.Tests;

/// <summary>The API over a memory that can be made to fail.</summary>
public sealed class FakeFixture : HttpFixture
{
    internal FakeCluster Cluster { get; } = new();

    protected override void AddCluster(IServiceCollection services) => services.AddSingleton<IMemoryCluster>(Cluster);
}
