using System.Text.Json;
using ModelContextProtocol.Protocol;

namespace Granary.Llm.Functions.Mcp;

/// <summary>A tool of an MCP server as a function.</summary>
internal sealed class McpFunction(McpFunctionSource source, Tool tool)
    : AgentFunction(FunctionNames.From($"{source.Name}_{tool.Name}"), tool.Description ?? tool.Title ?? "", tool.InputSchema)
{
    private protected override async ValueTask<string> InvokeCoreAsync(JsonElement arguments, FunctionScope scope, CancellationToken cancellationToken) =>
        await source.CallAsync(tool.Name, arguments, cancellationToken).ConfigureAwait(false);
}
