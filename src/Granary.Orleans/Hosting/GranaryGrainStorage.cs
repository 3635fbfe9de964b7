using Granary.Core.Storage;
using Granary.Core.Storage.Paged;
using Granary.Orleans;
using Granary.Orleans.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Storage;

namespace Orleans.Hosting;

/// <summary>Lets a silo keep the memory in any grain storage of Orleans.</summary>
public static class GranaryGrainStorage
{
    /// <summary>
    /// Adds an <see cref="IPartitionStore"/> over a grain storage that the silo has. It must check ETags on every write, and all silos must share it.
    /// </summary>
    /// <param name="silo">The silo; its memory is added by <see cref="GranarySiloBuilder.AddGranary"/>.</param>
    /// <param name="name">The name of the grain storage.</param>
    /// <param name="configure">Changes the sizes.</param>
    /// <exception cref="ArgumentException">A size is out of its range.</exception>
    public static ISiloBuilder AddGranaryGrainStorage(this ISiloBuilder silo, string name, Action<PagedStoreOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(silo);
        ArgumentException.ThrowIfNullOrEmpty(name);
        var options = new PagedStoreOptions();
        configure?.Invoke(options);
        if (options.Problem() is { } problem)
        {
            throw new ArgumentException(problem, nameof(configure));
        }

        silo.Services.AddKeyedSingleton<IGrainStorageSerializer, RecordSerializer>(name);
        silo.Services.AddKeyedSingleton(name, (services, key) => new GrainRecordStore(services.GetRequiredKeyedService<IGrainStorage>(key)));
        silo.Services.AddSingleton(services => new DueLists(
            new PartitionDueList(Store(services, NoDueList.Instance), services.GetRequiredService<GranaryOrleansOptions>().TimeProvider)));
        silo.Services.AddSingleton<IPartitionStore>(services => Store(services, new ClusterDueList(services.GetRequiredService<IGrainFactory>())));
        return silo;

        PagedPartitionStore Store(IServiceProvider services, IDueList due) => new(
            services.GetRequiredKeyedService<GrainRecordStore>(name),
            due,
            services.GetRequiredService<GranaryOrleansOptions>().TimeProvider,
            options,
            services.GetRequiredService<ILogger<PagedPartitionStore>>());
    }
}
