using Granary.Benchmarks;
using Granary.Benchmarks.Proxy;
using Granary.Benchmarks.Recall;

// dotnet run -c Release --project tests/Granary.Benchmarks [-- NAME ...]: each benchmark prints one table.
if (args is [ChildProcess.Argument, .. var child])
{
    await ChildProcess.RunAsync(child);
    return 0;
}

if (args is ["recall-quality", var file])
{
    await RecallQuality.RunAsync(file);
    return 0;
}

var benchmarks = new Dictionary<string, Func<Task>>(StringComparer.Ordinal)
{
    ["store"] = EmbeddedHttp.StoreAsync,
    ["context"] = EmbeddedHttp.ContextAsync,
    ["append-growth"] = AppendGrowth.RunAsync,
    ["activation"] = Activations.RunAsync,
    ["appends"] = Appends.RunAsync,
    ["hot-context"] = HotContext.RunAsync,
    ["adapters"] = Adapters.RunAsync,
    ["proxy"] = ProxyCost.RunAsync,
    ["recall-quality"] = () => RecallQuality.RunAsync(),
    ["memory"] = MemoryPerSession.RunAsync,
    ["vectors"] = VectorSearch.RunAsync,
};
return await Programs.RunAsync(benchmarks, args);
