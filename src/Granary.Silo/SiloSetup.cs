using Granary.Core.Resources;
using Granary.Hosting;
using Granary.Hosting.Settings;
using Granary.Silo.Dashboard;
using Granary.Silo.Settings;
using Granary.Storage.Postgres;
using Orleans.Configuration;
using Orleans.Hosting;

namespace Granary.Silo;

/// <summary>Turns the settings into a silo.</summary>
internal sealed class SiloSetup(HostSettings host, SiloSettings settings, int siloPort)
{
    /// <summary>The name of the grain storage under the paged store.</summary>
    private const string GrainStorageName = "granary";

    /// <summary>The part of a stop that deactivating grains may take, so that the silo can still take its leave.</summary>
    private const double DeactivationShare = 0.3;

    /// <summary>The least that a leaving grain gets, and the most: evictions in a running silo have it too, and calls to the grain wait for it.</summary>
    private static readonly TimeSpan LeastDeactivation = TimeSpan.FromSeconds(5), MostDeactivation = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long a probe of another silo waits, and with it how soon a silent silo is declared dead: after three probes, and twice that where it
    /// answers slowly. A silo that is killed is found out sooner, by its connections.
    /// </summary>
    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromSeconds(3);

    /// <summary>How long a call waits for its answer, unless it says more itself: a message can be lost with the silo it went to.</summary>
    private static readonly TimeSpan ResponseTimeout = TimeSpan.FromSeconds(15);

    /// <summary>How long the silos' own calls wait, such as asking where a session lives.</summary>
    private static readonly TimeSpan SystemResponseTimeout = TimeSpan.FromSeconds(5);

    public void Configure(ISiloBuilder silo)
    {
        AddCluster(silo);
        AddStorage(silo);
        AddReminders(silo);
        settings.Tls?.Use(silo);
        silo.AddGranary(memory =>
        {
            memory.MaxSessions = host.Server.MaxSessions;
            memory.IdleTime = host.Server.IdleTime;
            memory.DefaultResource = GranaryResources.Default(host.Server.TurnBuffer);
            memory.Reflection = ReflectionSettings.Read(host);
            memory.Memories = LifecycleSettings.Read(host.Configuration);
            memory.Vectors = VectorSettings.Read(host);
            memory.Resources = ResourceSettings.Read(host.Configuration);
        });
        silo.Configure<GrainCollectionOptions>(collection =>
        {
            var deactivation = settings.DrainTime * DeactivationShare;
            collection.DeactivationTimeout =
                deactivation < LeastDeactivation ? LeastDeactivation : deactivation > MostDeactivation ? MostDeactivation : deactivation;

            // Orleans wants a grain's time to be longer than what is between two looks.
            var longest = host.Server.IdleTime / 2;
            collection.CollectionQuantum = host.Server.EvictionInterval < longest ? host.Server.EvictionInterval : longest;
        });
        silo.Configure<ClusterMembershipOptions>(membership => membership.ProbeTimeout = ProbeTimeout);
        silo.Configure<SiloMessagingOptions>(messaging =>
        {
            messaging.ResponseTimeout = ResponseTimeout;
            messaging.SystemResponseTimeout = SystemResponseTimeout;
        });
        if (settings.Dashboard)
        {
            silo.AddSafeDashboard();
        }
    }

    private void AddCluster(ISiloBuilder silo)
    {
        if (settings.Clustering.Provider is { } provider)
        {
            provider.AddClustering(silo, settings.Clustering.Connection);
        }
        else
        {
            silo.UseLocalhostClustering(siloPort, settings.GatewayPort);
        }

        // After the localhost defaults, so that what is set holds.
        silo.Configure<ClusterOptions>(cluster =>
        {
            cluster.ClusterId = settings.ClusterId;
            cluster.ServiceId = settings.ServiceId;
        });
        silo.Configure<EndpointOptions>(endpoint =>
        {
            endpoint.AdvertisedIPAddress = settings.Address;
            endpoint.SiloPort = siloPort;
            endpoint.GatewayPort = settings.GatewayPort;
        });
    }

    private void AddStorage(ISiloBuilder silo)
    {
        switch (settings.Storage)
        {
            case { Name: ClusterSettings.Sqlite }:
                silo.Services.AddSqlite(host);
                break;
            case { Name: ClusterSettings.Postgres } postgres:
                silo.Services.AddGranaryPostgres(store =>
                {
                    host.Configuration.GetSection("Granary:Postgres").BindStrictly(store);
                    store.ConnectionString = postgres.Connection;
                });
                break;
            default:
                settings.Storage.Provider!.AddGrainStorage(silo, GrainStorageName, settings.Storage.Connection);
                silo.AddGranaryGrainStorage(GrainStorageName, paged => PagedSettings.Fill(paged, host.Configuration, settings.Storage));
                break;
        }
    }

    private void AddReminders(ISiloBuilder silo)
    {
        if (settings.Reminders.Provider is { } provider)
        {
            provider.AddReminders(silo, settings.Reminders.Connection);
        }
        else
        {
            silo.UseInMemoryReminderService();
        }
    }
}
