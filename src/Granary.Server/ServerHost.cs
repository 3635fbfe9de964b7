using System.Collections;
using System.Net.Sockets;
using Granary.Core.Resources;
using Granary.Http;
using Granary.Server.Settings;
using Granary.Storage.Sqlite;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Granary.Server;

/// <summary>The HTTP API over the embedded host and SQLite.</summary>
internal sealed partial class ServerHost : IAsyncDisposable
{
    /// <summary>A JSON body is at most 1 MiB, which the API checks itself; the server's own limit only catches what forgets to. Imports raise it.</summary>
    private const long MaxRequestBody = 2 * 1024 * 1024;

    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(30);

    private readonly WebApplication _app;
    private readonly ServerSettings _settings;
    private readonly StartupLogs _logs;

    private ServerHost(WebApplication app, ServerSettings settings, StartupLogs logs)
    {
        _app = app;
        _settings = settings;
        _logs = logs;
    }

    /// <summary>Reads the settings and puts the server together; the store is opened here.</summary>
    /// <exception cref="SettingException">A setting is wrong.</exception>
    /// <exception cref="StoreOpenException">The data folder cannot be used.</exception>
    public static ServerHost Build(IReadOnlyList<string> arguments)
    {
        var configuration = ServerConfiguration.Read(arguments, Directory.GetCurrentDirectory(), Environment.GetEnvironmentVariables());
        var settings = ServerSettings.Read(configuration);
        var http = new GranaryHttpOptions();
        Fill(http, configuration, settings);
        settings.RequireProtection(http.Keys.Count > 0);

        // Empty, so that nothing but the sources above decides: no environment of the framework's, no addresses from elsewhere.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory, ApplicationName = "Granary.Server" });
        var logs = new StartupLogs(settings.LogLevel);
        logs.Configure(builder.Logging);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => Configure(kestrel, settings));
        builder.Services.AddRoutingCore();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = StopTimeout);
        builder.Services.AddGranarySqlite(store =>
        {
            Bind(configuration.GetSection("Granary:Sqlite"), store);
            store.Folder = settings.DataFolder;
        });
        builder.Services.AddGranaryEmbedded(memory =>
        {
            memory.MaxSessions = settings.MaxSessions;
            memory.IdleTime = settings.IdleTime;
            memory.EvictionInterval = settings.EvictionInterval;
            memory.StopTimeout = StopTimeout;
            memory.DefaultResource = GranaryResources.Default(settings.TurnBuffer);
            memory.Resources = ResourceSettings.Read(configuration);
        });
        builder.Services.AddGranaryHttp(options => Fill(options, configuration, settings));
        var app = builder.Build();
        try
        {
            app.MapGranary();
            return new ServerHost(app, settings, logs);
        }
        catch
        {
            ((IDisposable)app).Dispose();
            throw;
        }
    }

    /// <summary>Starts, says where, and runs until the process is told to stop.</summary>
    /// <exception cref="StartException">The address cannot be used.</exception>
    public async Task RunAsync(TextWriter output)
    {
        await StartAsync();
        var address = _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        output.WriteLine($"Granary listens on {address} (try it: {Reachable(address)}/docs)");
        output.WriteLine($"Data in {_settings.DataFolder}");
        output.Flush();
        var logger = _app.Services.GetRequiredService<ILogger<ServerHost>>();
        foreach (var name in _settings.WithoutEffect)
        {
            LogWithoutEffect(logger, name);
        }

        if (!_settings.IsLoopback && _settings.AllowAnonymous)
        {
            LogAnonymous(logger, _settings.Address.ToString());
        }

        await _app.WaitForShutdownAsync();
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    /// <summary>An address that a browser on this machine can open, where the server listens on all addresses.</summary>
    private static string Reachable(string address) => address.Replace("//0.0.0.0:", "//localhost:").Replace("//[::]:", "//localhost:");

    private async Task StartAsync()
    {
        try
        {
            await _app.StartAsync();
            _logs.Started();
        }
        catch (IOException error) when (error.InnerException is AddressInUseException)
        {
            throw new StartException($"PORT {_settings.Port} of {_settings.Address} is in use by another program: stop that one, or set PORT to another number.", error);
        }
        catch (SocketException error)
        {
            throw new StartException($"HOST {_settings.Address} with PORT {_settings.Port} cannot be used: {error.Message}. Set HOST or PORT to another.", error);
        }
    }

    private static void Configure(KestrelServerOptions kestrel, ServerSettings settings)
    {
        kestrel.AddServerHeader = false;
        kestrel.AllowSynchronousIO = false;
        kestrel.Limits.MaxRequestBodySize = MaxRequestBody;
        kestrel.Listen(settings.Address, settings.Port, listen => listen.Protocols = HttpProtocols.Http1);
    }

    private static void Fill(GranaryHttpOptions options, IConfiguration configuration, ServerSettings settings)
    {
        Bind(configuration.GetSection("Granary:Keys"), options.Keys);
        Bind(configuration.GetSection("Granary:RateLimits"), options.RateLimits);
        var section = configuration.GetSection("Granary");
        options.MaxConcurrentRequests = Get(section, nameof(options.MaxConcurrentRequests), options.MaxConcurrentRequests);
        options.MaxEventStreams = Get(section, nameof(options.MaxEventStreams), options.MaxEventStreams);
        options.EventHeartbeatSeconds = Get(section, nameof(options.EventHeartbeatSeconds), options.EventHeartbeatSeconds);
        options.MaxImportBytes = Get(section, nameof(options.MaxImportBytes), options.MaxImportBytes);
        options.AllowedHosts = [.. settings.AllowedHosts];
        options.BeyondLoopback = !settings.IsLoopback;
        options.DefaultSummaries = settings.SessionsRecent;
    }

    private static void Bind(IConfigurationSection section, object target)
    {
        try
        {
            section.Bind(target, options => options.ErrorOnUnknownConfiguration = true);
        }
        catch (InvalidOperationException error)
        {
            throw new SettingException($"{section.Path}: {error.Message}");
        }
    }

    private static T Get<T>(IConfiguration section, string name, T fallback)
    {
        try
        {
            return section.GetValue(name, fallback)!;
        }
        catch (InvalidOperationException)
        {
            throw new SettingException($"Granary:{name} must be a whole number, not '{section[name]}'.");
        }
    }
}
