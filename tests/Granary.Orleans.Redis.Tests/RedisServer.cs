using System.Diagnostics;
using Granary.Orleans.Conformance;
using Granary.Orleans.Providers;
using StackExchange.Redis;

namespace Granary.Orleans.Redis.Tests;

/// <summary>A private Redis server in a temporary folder that writes an append-only file.</summary>
public sealed class RedisServer : ProviderService
{
    private readonly string _folder = Directory.CreateTempSubdirectory("granary-redis-").FullName;
    private readonly int _port = ProviderHost.FreePort();
    private Process? _process;

    /// <summary>Where the server's program is, null if it is not installed.</summary>
    public static string? Program { get; } = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
        .Select(folder => $"{folder}/redis-server").FirstOrDefault(File.Exists);

    public override IClusterProvider Provider { get; } = new RedisProvider();

    public override string Connection => $"127.0.0.1:{_port}";

    public override ProviderUses Uses => ProviderUses.Clustering | ProviderUses.Reminders | ProviderUses.GrainStorage;

    public override async Task InitializeAsync()
    {
        if (Program is null)
        {
            return;
        }

        _process = Process.Start(new ProcessStartInfo(Program,
            ["--port", $"{_port}", "--bind", "127.0.0.1", "--dir", _folder, "--appendonly", "yes", "--save", "", "--logfile", $"{_folder}/log"]))!;

        // The client tries again until the server answers.
        var options = ConfigurationOptions.Parse(Connection);
        (options.AbortOnConnectFail, options.ConnectRetry, options.ConnectTimeout) = (false, 20, 60_000);
        await using (var client = await ConnectionMultiplexer.ConnectAsync(options))
        {
            await client.GetDatabase().PingAsync();
        }

        await Provider.PrepareAsync(Uses, Connection);
    }

    public override async Task DisposeAsync()
    {
        if (_process is not null)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
            _process.Dispose();
        }

        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Runs a command on the server.</summary>
    public async Task<RedisResult> ExecuteAsync(string command, params object[] arguments)
    {
        await using var client = await ConnectionMultiplexer.ConnectAsync(Connection);
        return await client.GetDatabase().ExecuteAsync(command, arguments);
    }
}
