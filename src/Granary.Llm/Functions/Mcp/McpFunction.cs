using System.Text.Json;
using ModelContextProtocol.Protocol;

namespace Granary.Llm.Functions.Mcp;

/// <summary>A tool of an MCP server as a function.</summary>
internal sealed class McpFunction : AgentFunction
{
    private readonly McpFunctionSource source;
    private readonly string tool;
    private readonly McpArguments arguments;

    /// <summary>Makes a function of a tool.</summary>
    public McpFunction(McpFunctionSource source, Tool tool)
        : this(source, tool, McpArguments.Of(tool.InputSchema))
    {
    }

    private McpFunction(McpFunctionSource source, Tool tool, McpArguments arguments)
        : base(FunctionNames.From($"{source.Name}_{tool.Name}"), tool.Description ?? tool.Title ?? "", arguments.Schema)
    {
        this.source = source;
        this.tool = tool.Name;
        this.arguments = arguments;
    }

    private protected override async ValueTask<string> InvokeCoreAsync(JsonElement given, FunctionScope scope, CancellationToken cancellationToken) =>
        await source.CallAsync(tool, arguments.ToServer(given), cancellationToken).ConfigureAwait(false);
}
