using Granary.Hosting;

namespace Granary.Server;

/// <summary>The HTTP API over the embedded host and SQLite.</summary>
internal static class ServerProgram
{
    private static readonly HostKind Kind =
        new("Granary.Server", "Granary: memory for AI agents, over HTTP.", [], [], static settings => new EmbeddedMemory(settings));

    /// <summary>Runs until the process is told to stop.</summary>
    /// <returns>The exit code, one of <see cref="ExitCodes"/>.</returns>
    public static Task<int> RunAsync(string[] arguments, TextWriter output, TextWriter error) => HostProgram.RunAsync(Kind, arguments, output, error);
}
