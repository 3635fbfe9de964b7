using Granary.Hosting;
using Granary.Silo.Lifetime;
using Granary.Silo.Providers;
using Granary.Silo.Settings;

namespace Granary.Silo;

/// <summary>The HTTP API over a silo of a cluster.</summary>
internal static class SiloProgram
{
    private static readonly HostKind Kind = new(
        "Granary.Silo",
        "Granary: memory for AI agents, over HTTP, as a silo of a cluster.",
        ClusterSettings.All,
        ClusterSettings.Sections,
        static settings => new SiloMemory(settings, SiloSettings.Read(settings, ClusterProviders.BuiltIn)));

    /// <summary>Runs until the process is told to stop.</summary>
    /// <returns>The exit code: one of <see cref="ExitCodes"/> or <see cref="SiloExitCodes"/>.</returns>
    public static async Task<int> RunAsync(string[] arguments, TextWriter output, TextWriter error)
    {
        using var signals = new RepeatedSignals(error);
        return await HostProgram.RunAsync(Kind, arguments, output, error, signals.First);
    }
}
