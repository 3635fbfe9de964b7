using Granary.Orleans.Conformance.Skipping;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans;

namespace Granary.Orleans.Conformance;

/// <summary>Silos that share nothing but the service make one cluster.</summary>
public abstract class WholeSiloConformance(ProviderService service)
{
    [ServiceFact]
    public async Task Two_silos_and_a_client_find_each_other_and_a_reminder_ticks()
    {
        var cluster = ProviderHost.NewName("cluster");
        var serviceId = ProviderHost.NewName("service");
        using var first = ProviderHost.BuildSilo(service, cluster, serviceId, ProviderHost.FreePort());
        using var second = ProviderHost.BuildSilo(service, cluster, serviceId, ProviderHost.FreePort());
        await first.StartAsync();
        await second.StartAsync();
        using var client = ProviderHost.BuildClient(service, cluster, serviceId);
        await client.StartAsync();
        var grains = client.Services.GetRequiredService<IGrainFactory>();

        (await grains.GetGrain<IManagementGrain>(0).GetHosts(onlyActive: true)).Count.ShouldBe(2);
        var key = ProviderHost.NewName("shard");
        await grains.GetGrain<IRemindedGrain>(key).RemindAsync();
        (await RemindedGrain.TickOf(key).WaitAsync(TimeSpan.FromMinutes(1))).ShouldBe("sweep");

        // The first silo goes and says so: the list shows it, and its grains live on in the other.
        await first.StopAsync();
        (await grains.GetGrain<IManagementGrain>(0).GetHosts(onlyActive: true)).Count.ShouldBe(1);
        (await grains.GetGrain<IRemindedGrain>(key).ForgetAsync()).ShouldBeTrue();
        await client.StopAsync();
        await second.StopAsync();
    }
}
