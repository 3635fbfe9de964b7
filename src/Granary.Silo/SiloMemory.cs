using System.Net;
using System.Net.Sockets;
using Granary.Core.Storage;
using Granary.Hosting;
using Granary.Hosting.Settings;
using Granary.Http;
using Granary.Orleans.Providers;
using Granary.Silo.Dashboard;
using Granary.Silo.Lifetime;
using Granary.Silo.Security;
using Granary.Silo.Settings;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Configuration;
using Orleans.Runtime;
using Orleans.Runtime.MembershipService;

namespace Granary.Silo;

/// <summary>The memory as a silo of a cluster.</summary>
internal sealed partial class SiloMemory(HostSettings host, SiloSettings settings) : MemoryHost
{
    /// <summary>How long making what providers lack may take.</summary>
    private static readonly TimeSpan PrepareTime = TimeSpan.FromMinutes(1);

    private readonly RunningRequests _requests = new();
    private Drain? _drain;
    private int _siloPort = settings.SiloPort;

    public override TimeSpan StopTimeout => settings.DrainTime;

    public override void Add(WebApplicationBuilder builder)
    {
        if (_siloPort == 0)
        {
            _siloPort = FreePort.Find(settings.Address);
        }

        var services = builder.Services;
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<IFatalErrorHandler, LostSilo>();
        services.AddSingleton<IReadinessCheck, SiloReadiness>();
        if (settings.Tls is { } tls)
        {
            services.AddSingleton(tls);
            services.AddHostedService<CertificateWatch>();
        }

        builder.UseOrleans(silo => new SiloSetup(host, settings, _siloPort).Configure(silo));

        // Last, so that it is told of a stop first, before the silo.
        services.AddSingleton(provider => _drain = new Drain(
            _requests,
            settings.DrainTime,
            provider.GetRequiredService<IHostApplicationLifetime>(),
            provider.GetRequiredService<TimeProvider>(),
            Console.Error,
            provider.GetRequiredService<ILogger<Drain>>()));
        services.AddHostedService(provider => provider.GetRequiredService<Drain>());
    }

    public override void MapFirst(WebApplication app)
    {
        if (settings.Dashboard)
        {
            app.UseDashboardCredentials();
        }
    }

    public override void Map(WebApplication app)
    {
        app.Use(next => context => _requests.RunAsync(context, next));
        if (settings.Dashboard)
        {
            app.MapDashboard();
        }
    }

    public override async Task PrepareAsync(CancellationToken cancellationToken)
    {
        // That of HTTP too: it is taken last, and a silo that has just joined a cluster should not be gone again at once.
        (FlatSetting Setting, IPAddress Address, int Port)[] ports =
        [
            (ClusterSettings.SiloPort, settings.Address, settings.SiloPort),
            (ClusterSettings.GatewayPort, settings.Address, settings.GatewayPort),
            (FlatSettings.Port, host.Server.Address, host.Server.Port),
        ];
        foreach (var (setting, address, port) in ports.Where(port => port.Port != 0))
        {
            FreePort.Require(setting, address, port);
        }

        (Backend Backend, ProviderUses Use)[] uses =
        [
            (settings.Clustering, ProviderUses.Clustering), (settings.Reminders, ProviderUses.Reminders), (settings.Storage, ProviderUses.GrainStorage),
        ];
        foreach (var group in uses.Where(use => use.Backend.Provider is not null).GroupBy(use => use.Backend))
        {
            await PrepareAsync(group.Key, group.Aggregate(ProviderUses.None, (all, one) => all | one.Use), cancellationToken);
        }
    }

    public override IEnumerable<string> Describe(IServiceProvider services)
    {
        var logger = services.GetRequiredService<ILogger<SiloMemory>>();
        LogSilo(
            logger, Endpoint, settings.ClusterId, settings.ServiceId, settings.Clustering.Name, settings.Storage.Name,
            settings.Reminders.Name, settings.Tls is null ? "none" : "required");
        OpenPorts.Warn(logger, settings.Address, settings.GatewayPort, settings.Tls);

        yield return $"Silo on {Endpoint} of cluster {settings.ClusterId}"
            + (settings.GatewayPort == 0 ? "" : $", gateway on {new IPEndPoint(settings.Address, settings.GatewayPort)}");
        yield return settings.Storage.Name == ClusterSettings.Sqlite ? $"Data in {host.Server.DataFolder}" : $"Data in {settings.Storage.Name}";
        if (settings.Dashboard)
        {
            yield return "Orleans dashboard at /dashboard";
        }
    }

    public override StartException? Explain(Exception error)
    {
        if (Inner<SocketException>(error) is { SocketErrorCode: SocketError.AddressAlreadyInUse } taken)
        {
            return new StartException($"The port {_siloPort} of {settings.Address} between silos, or the gateway's, was taken by another program: start again, or set SILO_PORT.", taken)
            {
                MayRepeat = settings.SiloPort == 0,
            };
        }

        if (Inner<OrleansClusterConnectivityCheckFailedException>(error) is { } lonely)
        {
            return new StartException(
                $"The other silos of cluster {settings.ClusterId} cannot be reached, or cannot reach {Endpoint} ({lonely.Message.TrimEnd('.')}): look at ADVERTISED_ADDRESS, SILO_PORT, "
                + "firewalls and, with SILO_TLS_CERTIFICATE, at the certificates of all silos.",
                lonely);
        }

        if (Inner<Granary.Storage.Postgres.StoreOpenException>(error) is { } closed)
        {
            // The store does not know by which name its connection was set here.
            return new StartException(closed.Message.Replace("Granary:Postgres:ConnectionString", "STORAGE_CONNECTION", StringComparison.Ordinal), closed);
        }

        return Inner<StorageException>(error) is { } store ? new StartException(store.Message, store)
            : Inner<OrleansConfigurationException>(error) is { } wrong ? new StartException(wrong.Message, wrong)
            : null;
    }

    public override int Outcome(Exception? failure, TextWriter error)
    {
        if (failure is null && _drain is not { Complete: false })
        {
            return ExitCodes.Ok;
        }

        var reason = failure is null or OperationCanceledException ? "" : $" ({failure.Message})".ReplaceLineEndings(" ");
        error.WriteLine($"granary: the stop was cut short after DRAIN_SECONDS ({settings.DrainTime.TotalSeconds:0}){reason}. What was acknowledged is stored.");
        return SiloExitCodes.StopCutShort;
    }

    private IPEndPoint Endpoint => new(settings.Address, _siloPort);

    private static async Task PrepareAsync(Backend backend, ProviderUses uses, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(PrepareTime);
        try
        {
            // Not every technology's client can be cancelled.
            await backend.Provider!.PrepareAsync(uses, backend.Connection, limit.Token).WaitAsync(limit.Token);
        }
        catch (StorageException error) when (!cancellationToken.IsCancellationRequested)
        {
            throw new StartException($"{backend.Name} ({uses}) cannot be used: {error.Message}", error);
        }
        catch (OperationCanceledException error) when (!cancellationToken.IsCancellationRequested)
        {
            throw new StartException($"{backend.Name} ({uses}) does not answer: look at its connection string, and whether it runs.", error);
        }
    }

    private static T? Inner<T>(Exception error)
        where T : Exception => error switch
        {
            T found => found,
            AggregateException many => many.InnerExceptions.Select(Inner<T>).FirstOrDefault(found => found is not null),
            { InnerException: { } inner } => Inner<T>(inner),
            _ => null,
        };

    [LoggerMessage(1, LogLevel.Information, "Silo {Endpoint} of cluster {ClusterId} (service {ServiceId}): clustering {Clustering}, storage {Storage}, reminders {Reminders}, TLS between silos {Tls}")]
    private static partial void LogSilo(ILogger logger, IPEndPoint endpoint, string clusterId, string serviceId, string clustering, string storage, string reminders, string tls);
}
