using System.Net;
using Granary.Orleans.Conformance;
using Microsoft.Azure.Cosmos;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Orleans.Persistence.Cosmos;
using Orleans.Reminders.Cosmos;

namespace Granary.Orleans.Cosmos.Tests;

public sealed class BoundedExecutorTests
{
    [Fact]
    public async Task What_is_throttled_for_a_moment_is_repeated()
    {
        var calls = 0;

        var result = await new BoundedExecutor(TimeSpan.FromMinutes(1)).ExecuteOperation(_ => ++calls < 4 ? Throttle() : Task.FromResult(7), 0);

        (result, calls).ShouldBe((7, 4));
    }

    [Fact]
    public async Task What_is_throttled_without_end_fails()
    {
        var error = await Should.ThrowAsync<CosmosException>(
            () => new BoundedExecutor(TimeSpan.FromMilliseconds(200)).ExecuteOperation(_ => Throttle(), 0).WaitAsync(TimeSpan.FromSeconds(60)));

        error.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
    }

    [Fact]
    public void Grain_storage_and_reminders_use_it()
    {
        using var host = ProviderHost.BuildSilo(new CosmosService(), "cluster", "service");

        host.Services.GetRequiredService<IOptionsMonitor<CosmosGrainStorageOptions>>().Get(ProviderHost.Storage).OperationExecutor
            .ShouldBeOfType<BoundedExecutor>();
        host.Services.GetRequiredService<IOptions<CosmosReminderTableOptions>>().Value.OperationExecutor.ShouldBeOfType<BoundedExecutor>();
    }

    private static Task<int> Throttle() =>
        Task.FromException<int>(new CosmosException("Request rate is large.", HttpStatusCode.TooManyRequests, 3200, "", 0));
}
