using System.Diagnostics;
using Granary.Testing.Node;

namespace Granary.Orleans.Cosmos.Tests;

/// <summary>
/// A server that speaks Cosmos' protocol, from npm, in memory. Its packages are installed beside the tests once, exactly as the lock file
/// says.
/// </summary>
internal static class StandIn
{
    private static readonly NpmFolder Server = new("standin");

    /// <summary>Why it cannot run here; null if it can.</summary>
    public static string? Problem => Server.Problem;

    /// <summary>Starts a server and waits until it answers.</summary>
    public static async Task<Process> StartAsync(int port)
    {
        var start = Server.Node("server.js", $"{port}", "http");
        start.RedirectStandardError = false;
        var process = Process.Start(start)!;
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line.StartsWith("READY", StringComparison.Ordinal))
            {
                // What it says later is nobody's business, but must not fill the pipe.
                _ = process.StandardOutput.ReadToEndAsync();
                return process;
            }
        }

        throw new InvalidOperationException("The stand-in for Cosmos ended before it was ready.");
    }
}
