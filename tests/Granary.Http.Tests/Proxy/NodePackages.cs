using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Granary.Testing.Node;

namespace Granary.Http.Tests.Proxy;

/// <summary>The official clients and the stand-in for providers, from npm: installed beside the tests once, exactly as the lock file says.</summary>
internal static class NodePackages
{
    private static readonly NpmFolder Clients = new("Proxy", "clients");

    /// <summary>Why they cannot run here; null if they can.</summary>
    public static string? Problem => Clients.Problem is { } problem ? $"The official clients of npm were not run against the proxy: {problem}" : null;

    /// <summary>Starts the stand-in on a free port and waits until it answers.</summary>
    public static async Task<(Process Process, Uri Address)> StartProviderAsync()
    {
        var port = FreePort();
        var process = Process.Start(Clients.Node("node_modules/@copilotkit/aimock/dist/cli.js", "-p", $"{port}", "-h", "127.0.0.1", "-f", "fixtures"))!;

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
        using var process = Process.Start(Clients.Node(arguments))!;
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
}

/// <summary>A test that needs node and packages of npm; skipped, with the reason, where they are not.</summary>
public sealed class NodeFactAttribute : FactAttribute
{
    public NodeFactAttribute() => Skip = NodePackages.Problem;
}
