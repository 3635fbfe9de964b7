using Granary.Benchmarks;

// dotnet run -c Release --project tests/Granary.Benchmarks [-- NAME ...]: each benchmark prints one table.
var benchmarks = new Dictionary<string, Func<Task>>(StringComparer.Ordinal)
{
    ["store"] = EmbeddedHttp.StoreAsync,
    ["context"] = EmbeddedHttp.ContextAsync,
    ["append-growth"] = AppendGrowth.RunAsync,
    ["activation"] = Activations.RunAsync,
    ["appends"] = Appends.RunAsync,
    ["hot-context"] = HotContext.RunAsync,
    ["adapters"] = Adapters.RunAsync,
    ["memory"] = MemoryPerSession.RunAsync,
};
return await Programs.RunAsync(benchmarks, args);
