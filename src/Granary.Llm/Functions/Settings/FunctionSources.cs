using Granary.Llm.Functions.Mcp;
using Granary.Llm.Functions.OpenApi;
using Microsoft.Extensions.Logging;

namespace Granary.Llm.Functions.Settings;

/// <summary>The sources of the settings, which end with the host.</summary>
internal sealed class FunctionSources : IAsyncDisposable, IDisposable
{
    private readonly IReadOnlyList<McpFunctionSource> mcp;
    private readonly IReadOnlyList<OpenApiFunctionSource> openApi;

    public FunctionSources(FunctionSettings settings, TimeProvider time, ILoggerFactory loggers)
    {
        mcp = [.. settings.Mcp.Select(source => new McpFunctionSource(source.Settings.ToOptions(source.Name), time, loggers))];
        openApi = [.. settings.OpenApi.Select(source => new OpenApiFunctionSource(source.Name, source.Settings, time, loggers.CreateLogger<OpenApiFunctionSource>()))];
    }

    /// <summary>Makes their functions those of a registry.</summary>
    public void AddTo(FunctionRegistry registry)
    {
        foreach (var source in mcp.Concat<IFunctionSource>(openApi))
        {
            registry.AddSource(source);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var source in mcp)
        {
            await source.DisposeAsync().ConfigureAwait(false);
        }

        foreach (var source in openApi)
        {
            source.Dispose();
        }
    }

    /// <summary>For hosts that end without waiting, as one whose start failed.</summary>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();
}
