using System.Diagnostics;

namespace Granary.Orleans.Cosmos.Tests;

/// <summary>
/// A server that speaks Cosmos' protocol, from npm, in memory. Its packages are installed beside the tests once, exactly as the lock file
/// says.
/// </summary>
internal static class StandIn
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "standin");
    private static readonly Lazy<string?> Installation = new(Install);

    /// <summary>Why it cannot run here; null if it can.</summary>
    public static string? Problem => Installation.Value;

    /// <summary>Starts a server and waits until it answers.</summary>
    public static async Task<Process> StartAsync(int port)
    {
        var start = new ProcessStartInfo("node", ["server.js", $"{port}", "http"]) { WorkingDirectory = Folder, RedirectStandardOutput = true };
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

    private static string? Install()
    {
        var path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':');
        if (new[] { "npm", "node" }.FirstOrDefault(program => !path.Any(folder => File.Exists($"{folder}/{program}"))) is { } missing)
        {
            return $"{missing} is not installed. apt-get install nodejs npm";
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
            return $"npm ci failed: {errors} {output.Result}";
        }

        File.WriteAllText(stamp, wanted);
        return null;
    }
}
