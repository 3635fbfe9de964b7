using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Granary.Http.Tests.Proxy;

/// <summary>The official clients and the stand-in for providers, from npm: installed beside the tests once, exactly as the lock file says.</summary>
internal static class NodePackages
{
    private static readonly Lazy<string?> Installation = new(Install);

    public static string Folder { get; } = Path.Combine(AppContext.BaseDirectory, "Proxy", "clients");

    /// <summary>Why they cannot run here; null if they can.</summary>
    public static string? Problem => Installation.Value;

    /// <summary>Starts the stand-in on a free port and waits until it answers.</summary>
    public static async Task<(Process Process, Uri Address)> StartProviderAsync()
    {
        var port = FreePort();
        var start = new ProcessStartInfo("node", ["node_modules/@copilotkit/aimock/dist/cli.js", "-p", $"{port}", "-h", "127.0.0.1", "-f", "fixtures"])
        {
            WorkingDirectory = Folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var process = Process.Start(start)!;

        // What it says is nobody's business, but must not fill the pipes.
        _ = process.StandardOutput.ReadToEndAsync();
        _ = process.StandardError.ReadToEndAsync();
        var deadline = DateTime.UtcNow.AddSeconds(60);
        while (true)
        {
            try
            {
                using var probe = new TcpClient();
                await probe.ConnectAsync(IPAddress.Loopback, port);
                return (process, new Uri($"http://127.0.0.1:{port}"));
            }
            catch (SocketException) when (DateTime.UtcNow < deadline && !process.HasExited)
            {
                await Task.Delay(50);
            }
        }
    }

    /// <summary>Runs a script to its end.</summary>
    /// <returns>What it printed.</returns>
    public static async Task<string> RunAsync(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("node", arguments) { WorkingDirectory = Folder, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        process.ExitCode.ShouldBe(0, await errors);
        return output;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static string? Install()
    {
        var path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        if (new[] { "npm", "node" }.FirstOrDefault(program => !path.Any(folder => File.Exists(Path.Combine(folder, program)))) is { } missing)
        {
            return $"{missing} is not installed: the official clients of npm were not run against the proxy. apt-get install nodejs npm";
        }

        var wanted = File.ReadAllText(Path.Combine(Folder, "package-lock.json"));
        var stamp = Path.Combine(Folder, "node_modules", ".installed");
        if (File.Exists(stamp) && File.ReadAllText(stamp) == wanted)
        {
            return null;
        }

        using var install = Process.Start(new ProcessStartInfo("npm", ["ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"])
        {
            WorkingDirectory = Folder,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        })!;
        var output = install.StandardOutput.ReadToEndAsync();
        var errors = install.StandardError.ReadToEnd();
        install.WaitForExit();
        if (install.ExitCode != 0)
        {
            return $"npm ci failed: the official clients of npm were not run against the proxy. {errors} {output.Result}";
        }

        File.WriteAllText(stamp, wanted);
        return null;
    }
}

/// <summary>A test that needs node and packages of npm; skipped, with the reason, where they are not.</summary>
public sealed class NodeFactAttribute : FactAttribute
{
    public NodeFactAttribute() => Skip = NodePackages.Problem;
}
