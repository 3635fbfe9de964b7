namespace Granary.Benchmarks.Shared;

/// <summary>Runs benchmarks by their names.</summary>
internal static class Programs
{
    /// <summary>Runs those that are named, or all; each prints one table.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(Dictionary<string, Func<Task>> benchmarks, IReadOnlyList<string> names)
    {
        foreach (var name in names.Count == 0 ? [.. benchmarks.Keys] : names)
        {
            if (!benchmarks.TryGetValue(name, out var run))
            {
                await Console.Error.WriteLineAsync($"There is no benchmark '{name}'. There are: {string.Join(", ", benchmarks.Keys)}.");
                return 2;
            }

            await run();
            Console.WriteLine();
        }

        return 0;
    }
}
