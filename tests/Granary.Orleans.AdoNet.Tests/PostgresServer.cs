using System.Diagnostics;
using Granary.Orleans.AdoNet;
using Granary.Orleans.Conformance;
using Granary.Orleans.Providers;
using Npgsql;

namespace Granary.Orleans.AdoNet.Tests;

/// <summary>A private PostgreSQL server in a temporary folder, with one database that the provider has prepared.</summary>
public sealed class PostgresServer : ProviderService
{
    private readonly string _folder = Directory.CreateTempSubdirectory("granary-pg-").FullName;
    private readonly int _port = ProviderHost.FreePort();
    private bool _runs;

    /// <summary>Where the server's programs are, null if there are none.</summary>
    public static string? Programs { get; } = FindPrograms();

    public override IClusterProvider Provider { get; } = new AdoNetProvider();

    public override string Connection => ConnectionTo("granary");

    public override ProviderUses Uses => ProviderUses.Clustering | ProviderUses.Reminders | ProviderUses.GrainStorage;

    public override async Task InitializeAsync()
    {
        if (Programs is null)
        {
            return;
        }

        if (Environment.IsPrivilegedProcess)
        {
            // PostgreSQL does not run as root.
            await RunAsync("chown", "postgres", _folder);
        }

        await RunProgramAsync("initdb", "-D", $"{_folder}/data", "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C");
        await RunProgramAsync("pg_ctl", "-D", $"{_folder}/data", "-w", "-t", "120", "-l", $"{_folder}/log", "-o",
            $"-p {_port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off -c max_connections=200", "start");
        _runs = true;
        await CreateDatabaseAsync("granary");
        await Provider.PrepareAsync(Uses, Connection);
    }

    public override async Task DisposeAsync()
    {
        if (_runs)
        {
            NpgsqlConnection.ClearAllPools();
            await RunProgramAsync("pg_ctl", "-D", $"{_folder}/data", "-m", "immediate", "-w", "stop");
        }

        Directory.Delete(_folder, recursive: true);
    }

    public string ConnectionTo(string database, string user = "postgres") =>
        $"Host=127.0.0.1;Port={_port};Database={database};Username={user};Maximum Pool Size=20";

    /// <summary>An empty database; its connection string.</summary>
    public async Task<string> CreateDatabaseAsync(string name)
    {
        await ExecuteAsync(ConnectionTo("postgres"), $"create database \"{name}\"");
        return ConnectionTo(name);
    }

    public static async Task ExecuteAsync(string connection, string sql)
    {
        await using var source = NpgsqlDataSource.Create(connection);
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    public static async Task<object?> QueryAsync(string connection, string sql)
    {
        await using var source = NpgsqlDataSource.Create(connection);
        await using var command = source.CreateCommand(sql);
        return await command.ExecuteScalarAsync();
    }

    private static Task RunProgramAsync(string program, params string[] arguments) =>
        Environment.IsPrivilegedProcess
            ? RunAsync("runuser", ["-u", "postgres", "--", $"{Programs}/{program}", .. arguments])
            : RunAsync($"{Programs}/{program}", arguments);

    private static async Task RunAsync(string program, params string[] arguments)
    {
        // The server keeps what it inherits: output goes to its log, not to a pipe of ours that would never end.
        var start = new ProcessStartInfo("/bin/sh", ["-c", "exec \"$@\" >/dev/null 2>&1", "sh", program, .. arguments]) { WorkingDirectory = "/" };
        using var process = Process.Start(start)!;
        await process.WaitForExitAsync();
        process.ExitCode.ShouldBe(0, $"{program} {string.Join(' ', arguments)}");
    }

    private static string? FindPrograms()
    {
        var folders = Directory.Exists("/usr/lib/postgresql")
            ? Directory.GetDirectories("/usr/lib/postgresql").OrderDescending().Select(folder => $"{folder}/bin")
            : [];
        return folders.Concat((Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')).FirstOrDefault(folder => File.Exists($"{folder}/initdb"));
    }
}
