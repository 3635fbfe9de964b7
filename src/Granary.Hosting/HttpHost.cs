using System.Collections;
using System.Net.Sockets;
using Granary.Http;
using Granary.Hosting.Settings;
using Granary.Storage.Sqlite;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Granary.Hosting;

/// <summary>The HTTP API over a host of the memory, as one application.</summary>
internal sealed partial class HttpHost : IAsyncDisposable
{
    /// <summary>A JSON body is at most 1 MiB, which the API checks itself; the server's own limit only catches what forgets to. Imports raise it.</summary>
    private const long MaxRequestBody = 2 * 1024 * 1024;

    private readonly WebApplication _app;
    private readonly ServerSettings _settings;
    private readonly MemoryHost _memory;
    private readonly StartupLogs _logs;

    private HttpHost(WebApplication app, ServerSettings settings, MemoryHost memory, StartupLogs logs)
    {
        _app = app;
        _settings = settings;
        _memory = memory;
        _logs = logs;
    }

    /// <summary>Reads the settings and puts the server together.</summary>
    /// <exception cref="SettingException">A setting is wrong.</exception>
    /// <exception cref="StoreOpenException">The data folder cannot be used.</exception>
    /// <exception cref="StartException">The memory cannot be used.</exception>
    public static HttpHost Build(HostKind kind, IReadOnlyList<string> arguments)
    {
        var configuration = ServerConfiguration.Read(arguments, Directory.GetCurrentDirectory(), Environment.GetEnvironmentVariables(), kind.Settings, kind.Sections);
        var settings = ServerSettings.Read(configuration);
        var http = new GranaryHttpOptions();
        HttpSettings.Fill(http, configuration, settings);
        settings.RequireProtection(http.Keys.Count > 0);
        var memory = kind.Create(new HostSettings(configuration, settings, http));

        // Empty, so that nothing but the sources above decides: no environment of the framework's, no addresses from elsewhere.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory, ApplicationName = kind.Name });
        var logs = new StartupLogs(settings.LogLevel);
        logs.Configure(builder.Logging);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => Configure(kestrel, settings));
        builder.Services.AddRoutingCore();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = memory.StopTimeout);
        memory.Add(builder);
        builder.Services.AddGranaryModels(configuration);
        builder.Services.AddGranaryFunctions(configuration);
        builder.Services.AddGranaryRecall();
        builder.Services.AddGranaryMemoryProviders(options => MemorySettings.Fill(options, configuration));
        builder.Services.AddGranaryAudit(options => ModelSettings.Fill(options, configuration));
        builder.Services.AddGranaryBatches(configuration, options => ModelSettings.Fill(options, configuration));
        builder.Services.AddGranaryHttp(options => HttpSettings.Fill(options, configuration, settings));
        var app = builder.Build();
        try
        {
            memory.MapFirst(app);
            app.MapGranary();
            memory.Map(app);
            return new HttpHost(app, settings, memory, logs);
        }
        catch (Exception error)
        {
            ((IDisposable)app).Dispose();
            if (memory.Explain(error) is { } explained)
            {
                throw explained;
            }

            throw;
        }
    }

    /// <summary>Starts, says where, and runs until the process is told to stop.</summary>
    /// <param name="output">Where to tell that it listens.</param>
    /// <param name="error">Where to tell what went wrong with the stop.</param>
    /// <param name="stop">Tells it to stop, as a signal does once the host listens for them.</param>
    /// <returns>The exit code.</returns>
    /// <exception cref="StartException">The address cannot be used, the memory cannot start, or the start was broken off.</exception>
    public async Task<int> RunAsync(TextWriter output, TextWriter error, CancellationToken stop)
    {
        // For as long as it runs: a signal may come at any moment before the host has registered for it, and must not get lost.
        using var stopping = stop.Register(_app.Lifetime.StopApplication);
        await StartAsync(stop);
        var address = _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        output.WriteLine($"Granary listens on {address} (try it: {Reachable(address)}/docs)");
        foreach (var line in _memory.Describe(_app.Services))
        {
            output.WriteLine(line);
        }

        output.Flush();
        var logger = _app.Services.GetRequiredService<ILogger<HttpHost>>();
        foreach (var name in _settings.WithoutEffect)
        {
            LogWithoutEffect(logger, name);
        }

        if (!_settings.IsLoopback && _settings.AllowAnonymous)
        {
            LogAnonymous(logger, _settings.Address.ToString());
        }

        return _memory.Outcome(await StopAsync(), error);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    /// <summary>An address that a browser on this machine can open, where the server listens on all addresses.</summary>
    private static string Reachable(string address) => address.Replace("//0.0.0.0:", "//localhost:").Replace("//[::]:", "//localhost:");

    /// <summary>Waits until the process is told to stop, and stops.</summary>
    /// <returns>What went wrong, if anything.</returns>
    private async Task<Exception?> StopAsync()
    {
        try
        {
            await _app.WaitForShutdownAsync();
            return null;
        }
        catch (Exception failure)
        {
            return failure;
        }
    }

    private async Task StartAsync(CancellationToken stop)
    {
        try
        {
            await _memory.PrepareAsync(stop);
            stop.ThrowIfCancellationRequested();
            await _app.StartAsync();
            _logs.Started();
        }
        catch (Exception error) when (error is not StartException && (stop.IsCancellationRequested || _app.Lifetime.ApplicationStopping.IsCancellationRequested))
        {
            throw new StartException("The start was broken off: the program was told to stop.", error);
        }
        catch (IOException error) when (error.InnerException is AddressInUseException)
        {
            throw new StartException($"PORT {_settings.Port} of {_settings.Address} is in use by another program: stop that one, or set PORT to another number.", error);
        }
        catch (SocketException error)
        {
            throw new StartException($"HOST {_settings.Address} with PORT {_settings.Port} cannot be used: {error.Message}. Set HOST or PORT to another.", error);
        }
        catch (Exception error) when (error is not StartException && _memory.Explain(error) is { } explained)
        {
            throw explained;
        }
    }

    private static void Configure(KestrelServerOptions kestrel, ServerSettings settings)
    {
        kestrel.AddServerHeader = false;
        kestrel.AllowSynchronousIO = false;
        kestrel.Limits.MaxRequestBodySize = MaxRequestBody;
        kestrel.Listen(settings.Address, settings.Port, listen => listen.Protocols = HttpProtocols.Http1);
    }
}
