using Granary;
using Granary.Core.Compaction;
using Granary.Core.Maintenance;
using Granary.Core.Recall;
using Granary.Core.Reflection;
using Granary.Core.Sessions;
using Granary.Core.Storage;
using Granary.Core.Tokens;
using Granary.Core.Users;
using Granary.Core.Users.Erasure;
using Granary.Orleans;
using Granary.Orleans.Activations;
using Granary.Orleans.Cluster;
using Granary.Orleans.Grains;
using Granary.Orleans.Hosting;
using Granary.Orleans.Maintenance;
using Granary.Orleans.Serialization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Runtime;

namespace Orleans.Hosting;

/// <summary>Adds the memory to a silo.</summary>
public static class GranarySiloBuilder
{
    /// <summary>The least time between two looks for idle activations, so that a short idle time does not keep the silo busy looking.</summary>
    private static readonly TimeSpan LeastQuantum = TimeSpan.FromMilliseconds(100);

    /// <summary>The longest idle time; Orleans counts to a date, and an endless one is past the calendar's end.</summary>
    private static readonly TimeSpan LongestAge = TimeSpan.FromDays(3_650);

    /// <summary>The fewest calls that may wait for an activation which just leaves or is made, so that small settings do not hit other grains.</summary>
    private const int LeastQueue = 100;

    /// <summary>
    /// Adds <see cref="IMemoryCluster"/> to a silo. An <see cref="IPartitionStore"/> that all silos share must be registered beside it, and
    /// reminders; an own <see cref="ISummarizer"/> or <see cref="ITokenCounter"/> registered before
    /// it is used instead of the default.
    /// </summary>
    /// <param name="silo">The silo.</param>
    /// <param name="configure">Changes the settings.</param>
    /// <exception cref="InvalidOperationException">A setting is out of its range.</exception>
    public static ISiloBuilder AddGranary(this ISiloBuilder silo, Action<GranaryOrleansOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(silo);
        var options = new GranaryOrleansOptions();
        configure?.Invoke(options);
        options.Validate();
        var services = silo.Services;
        services.AddGranaryContracts();
        services.TryAddSingleton<ITokenCounter, ScriptAwareTokenCounter>();
        services.TryAddSingleton<ISummarizer, ExtractiveSummarizer>();
        services.TryAddSingleton<IMemoryProbe, ProcessMemory>();
        services.AddGranaryReflection(options.Reflection);
        services.AddSingleton(options);
        services.AddSingleton(provider => new SiloServices(
            options,
            provider.GetRequiredService<IPartitionStore>(),
            provider.GetRequiredService<ITokenCounter>(),
            provider.GetRequiredService<ISummarizer>(),
            provider.GetRequiredService<IGrainFactory>(),
            provider.GetRequiredService<ILogger<SessionActor>>(),
            provider.GetRequiredService<ILogger<UserActor>>(),
            provider.GetService<IEmbedder>(),
            provider.GetRequiredService<ReflectionServices>(),
            provider.GetRequiredService<SynthesisServices>(),
            provider.GetServices<IUserDataEraser>()));
        services.AddSingleton<IPartitionMaintenance>(provider => new ReceiptMaintenance(provider.GetRequiredService<IPartitionStore>(), options.TimeProvider));
        services.AddSingleton<SiloReport>();
        services.AddSingleton<Silos>();
        services.AddSingleton<SiloMemory>();
        services.AddSingleton<IMemoryCluster>(provider => provider.GetRequiredService<SiloMemory>());
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, SiloLeaving>();
        services.AddSingleton<Governor>();
        services.AddHostedService(provider => provider.GetRequiredService<Governor>());
        services.AddHostedService<ReminderStarter>();
        services.Configure<GrainCollectionOptions>(collection => Collect(collection, options.IdleTime));
        services.Configure<SiloMessagingOptions>(messaging => LimitQueue(messaging, options));
        return silo;
    }

    /// <summary>Idle sessions and users leave after the time that users set, whatever it is; the looks for them follow it.</summary>
    private static void Collect(GrainCollectionOptions collection, TimeSpan idle)
    {
        // Orleans wants the age to be longer than the quantum.
        idle = idle < LongestAge ? idle : LongestAge;
        var quantum = idle / 10;
        quantum = quantum < LeastQuantum ? LeastQuantum : quantum > TimeSpan.FromMinutes(1) ? TimeSpan.FromMinutes(1) : quantum;
        var age = idle > quantum ? idle : quantum + quantum;
        collection.CollectionQuantum = quantum;
        collection.CollectionAge = age > GrainCollectionOptionsDefaults.Age ? age : GrainCollectionOptionsDefaults.Age;
        collection.ClassSpecificCollectionAge[typeof(SessionGrain).FullName!] = age;
        collection.ClassSpecificCollectionAge[typeof(UserGrain).FullName!] = age;
    }

    /// <summary>
    /// Calls that are let in are limited by the grains. Those that wait while an activation leaves are limited here, unless the host has set a limit.
    /// </summary>
    private static void LimitQueue(SiloMessagingOptions messaging, GranaryOrleansOptions options)
    {
        if (messaging.MaxEnqueuedRequestsHardLimit == 0)
        {
            messaging.MaxEnqueuedRequestsHardLimit = Math.Max(LeastQueue, Math.Max(options.MaxCallsPerSession, options.MaxCallsPerUser));
        }
    }

    private static class GrainCollectionOptionsDefaults
    {
        public static readonly TimeSpan Age = new GrainCollectionOptions().CollectionAge;
    }
}
