using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Granary.Testing.Node;

namespace Granary.Benchmarks.Recall;

/// <summary>
/// The search of the npm package mem0ai in its own process, by its own <c>Memory</c> class: without a network, a model or a disk, its vectors made of hashes
/// and its table an array in memory.
/// </summary>
internal static class Mem0Search
{
    /// <summary>Searches go on for so many seconds at the most.</summary>
    private const int Seconds = 15;

    private static readonly NpmFolder Package = new("Recall", "mem0");

    /// <summary>Why it cannot run here, or null.</summary>
    public static string? Problem => Package.Problem;

    /// <summary>Milliseconds of each search, in order of size.</summary>
    /// <param name="records">What is searched.</param>
    /// <param name="queries">What is asked; as many as there is time for.</param>
    public static async Task<double[]> RunAsync(IEnumerable<string> records, IEnumerable<string> queries)
    {
        var folder = Directory.CreateTempSubdirectory("granary-mem0-").FullName;
        try
        {
            var (recordsFile, queriesFile) = (Path.Combine(folder, "records"), Path.Combine(folder, "queries"));
            await File.WriteAllLinesAsync(recordsFile, records.Select(Line));
            await File.WriteAllLinesAsync(queriesFile, queries.Select(Line));
            using var node = Process.Start(Package.Node("--max-old-space-size=8192", "search.mjs", recordsFile, queriesFile, Seconds.ToString(CultureInfo.InvariantCulture)))!;
            var errors = node.StandardError.ReadToEndAsync();
            var output = await node.StandardOutput.ReadToEndAsync();
            await node.WaitForExitAsync();
            return node.ExitCode == 0
                ? [.. JsonDocument.Parse(output).RootElement.EnumerateArray().Select(time => time.GetDouble()).Order()]
                : throw new InvalidOperationException($"mem0ai: {await errors}");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string Line(string text) => JsonSerializer.Serialize(text);
}
