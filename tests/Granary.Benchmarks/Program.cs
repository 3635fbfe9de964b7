using Granary.Benchmarks;
using Granary.Benchmarks.Proxy;
using Granary.Benchmarks.Recall;

// dotnet run -c Release --project tests/Granary.Benchmarks [-- NAME ...]: each benchmark prints one table.
if (args is [ChildProcess.Argument, .. var child])
{
    await ChildProcess.RunAsync(child);
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
    ["recall-index"] = RecallIndex.RunAsync,
    ["recall-memory"] = RecallMemory.RunAsync,
    ["recall-quality"] = () => RecallQuality.RunAsync(),
    ["recall-quality-library"] = RecallQuality.RunLibraryAsync,
    ["memory"] = MemoryPerSession.RunAsync,
    ["memories"] = Memories.RunAsync,
    ["remember"] = Remembering.RunAsync,
    ["vectors"] = VectorSearch.RunAsync,
};
if (args is ["recall-quality", var file] && !benchmarks.ContainsKey(file))
{
    await RecallQuality.RunAsync(file);
    return 0;
}

return await Programs.RunAsync(benchmarks, args);
