using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Granary.Testing.Postgres;

/// <summary>
/// A PostgreSQL server of one's own: a new cluster in a temporary folder, on a free port of 127.0.0.1, stopped and removed at the end,
/// at the latest when the process ends in order.
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    /// <summary>What to tell a person when <see cref="IsAvailable"/> is false.</summary>
    public const string Missing = "PostgreSQL is not installed: install it (Debian: apt-get install postgresql), or put initdb and pg_ctl on PATH.";

    /// <summary>The superuser, who needs no password on 127.0.0.1.</summary>
    public const string User = "granary";

    private const int StartAttempts = 5;

    private readonly PostgresServerOptions _options;
    private readonly string _folder;
    private readonly SemaphoreSlim _turn = new(1);
    private bool _running;
    private bool _disposed;

    private PostgresServer(PostgresServerOptions options)
    {
        _options = options;
        _folder = Directory.CreateTempSubdirectory("granary-postgres-").FullName;
        AppDomain.CurrentDomain.ProcessExit += OnProcessExit;
    }

    /// <summary>Whether PostgreSQL is installed on this machine.</summary>
    public static bool IsAvailable => PostgresPrograms.Folder is not null;

    /// <summary>The port on 127.0.0.1; the same after a restart.</summary>
    public int Port { get; private set; }

    private string Data => Path.Combine(_folder, "data");

    private string Log => Path.Combine(_folder, "server.log");

    /// <summary>Makes a cluster and starts its server; returns when it takes connections.</summary>
    /// <exception cref="InvalidOperationException">PostgreSQL is not installed, or does not start; the message says why.</exception>
    public static async Task<PostgresServer> StartAsync(PostgresServerOptions? options = null)
    {
        if (!IsAvailable)
        {
            throw new InvalidOperationException(Missing);
        }

        var server = new PostgresServer(options ?? new PostgresServerOptions());
        try
        {
            await server.CreateClusterAsync().ConfigureAwait(false);
            await server.StartOnFreePortAsync().ConfigureAwait(false);
            return server;
        }
        catch
        {
            await server.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The connection string of a database of this server, for Npgsql.</summary>
    public string ConnectionString(string database = "postgres") =>
        string.Create(CultureInfo.InvariantCulture, $"Host=127.0.0.1;Port={Port};Username={User};Database={database};Include Error Detail=true");

    /// <summary>Makes an empty database with a name of its own.</summary>
    /// <param name="name">Its name, or null for a new one.</param>
    /// <returns>Its connection string.</returns>
    public async Task<string> CreateDatabaseAsync(string? name = null)
    {
        name ??= $"t_{Guid.NewGuid():N}";
        await ExecuteAsync($"CREATE DATABASE \"{name}\"").ConfigureAwait(false);
        return ConnectionString(name);
    }

    /// <summary>Runs SQL as the superuser.</summary>
    public async Task ExecuteAsync(string sql, string database = "postgres")
    {
        var connection = new NpgsqlConnection(ConnectionString(database) + ";Pooling=false");
        await using (connection.ConfigureAwait(false))
        {
            await connection.OpenAsync().ConfigureAwait(false);
            var command = new NpgsqlCommand(sql, connection);
            await using (command.ConfigureAwait(false))
            {
                await command.ExecuteNonQueryAsync().ConfigureAwait(false);
            }
        }
    }

    /// <summary>Stops and starts the server on the same port and data.</summary>
    /// <param name="immediate">Whether to stop as a crash would (recovery at the next start) or in order, with connections closed.</param>
    public async Task RestartAsync(bool immediate)
    {
        await StopAsync(immediate).ConfigureAwait(false);
        await StartAgainAsync().ConfigureAwait(false);
    }

    /// <summary>Stops the server and keeps its data; nothing if it does not run.</summary>
    /// <param name="immediate">As in <see cref="RestartAsync"/>.</param>
    public async Task StopAsync(bool immediate = false)
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            if (_running)
            {
                await ControlAsync("stop", "-m", immediate ? "immediate" : "fast").ConfigureAwait(false);
                _running = false;
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Starts the server again after <see cref="StopAsync"/>.</summary>
    public async Task StartAgainAsync()
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            await ControlAsync("start", "-l", Log).ConfigureAwait(false);
            _running = true;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Stops the server and removes its data.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        AppDomain.CurrentDomain.ProcessExit -= OnProcessExit;
        await StopAsync(immediate: true).ConfigureAwait(false);
        Directory.Delete(_folder, recursive: true);
    }

    private async Task CreateClusterAsync()
    {
        await PostgresPrograms.OwnAsync(_folder, _options.Patience).ConfigureAwait(false);
        await PostgresPrograms.RunAsync(
            "initdb",
            _folder,
            ["-D", Data, "-U", User, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions"],
            _options.Patience,
            Log).ConfigureAwait(false);
    }

    private async Task StartOnFreePortAsync()
    {
        for (var attempt = 1; ; attempt++)
        {
            Port = FreePort();
            await File.AppendAllTextAsync(Path.Combine(Data, "postgresql.conf"), Configuration()).ConfigureAwait(false);
            try
            {
                await StartAgainAsync().ConfigureAwait(false);
                return;
            }
            catch (InvalidOperationException) when (attempt < StartAttempts)
            {
                // Somebody took the port in between; the last setting of the file counts.
            }
        }
    }

    private string Configuration()
    {
        // No socket in a shared folder; those of the tests connect by TCP.
        var settings = new Dictionary<string, string>
        {
            ["listen_addresses"] = "127.0.0.1",
            ["port"] = Port.ToString(CultureInfo.InvariantCulture),
            ["unix_socket_directories"] = string.Empty,
            ["max_connections"] = _options.MaxConnections.ToString(CultureInfo.InvariantCulture),
            ["fsync"] = _options.Fsync ? "on" : "off",
        };
        foreach (var (name, value) in _options.Settings)
        {
            settings[name] = value;
        }

        return string.Concat(settings.Select(setting => $"{setting.Key} = '{setting.Value}'\n"));
    }

    private Task ControlAsync(params string[] arguments)
    {
        var seconds = ((int)_options.Patience.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        return PostgresPrograms.RunAsync("pg_ctl", _folder, [.. arguments, "-D", Data, "-w", "-s", "-t", seconds], _options.Patience, Log);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private void OnProcessExit(object? sender, EventArgs e) => PostgresPrograms.StopAndRemoveInBackground(Data, _folder);
}
