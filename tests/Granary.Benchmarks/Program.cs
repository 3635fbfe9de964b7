using Granary.Benchmarks;

// dotnet run -c Release --project tests/Granary.Benchmarks [-- NAME ...]: each benchmark prints one table.
var benchmarks = new Dictionary<string, Func<Task>>(StringComparer.Ordinal)
{
    ["store"] = StoreHttp.RunAsync,
    ["context"] = ContextHttp.RunAsync,
    ["append-growth"] = AppendGrowth.RunAsync,
    ["activation"] = Activations.RunAsync,
    ["appends"] = Appends.RunAsync,
    ["hot-context"] = HotContext.RunAsync,
    ["memory"] = MemoryPerSession.RunAsync,
};
var names = args.Length == 0 ? [.. benchmarks.Keys] : args;
foreach (var name in names)
{
    if (!benchmarks.TryGetValue(name, out var run))
    {
        Console.Error.WriteLine($"There is no benchmark '{name}'. There are: {string.Join(", ", benchmarks.Keys)}.");
        return 2;
    }

    await run();
    Console.WriteLine();
}

return 0;
