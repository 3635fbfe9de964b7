using Microsoft.Extensions.Logging;

namespace Granary.Llm.Functions.Mcp;

public sealed partial class McpFunctionSource
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "The MCP server {Name} is not available; its tools are left out.")]
    private partial void LogUnavailable(Exception failure, string name);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The MCP server {Name} did not list its tools; those that it listed before are kept.")]
    private partial void LogNotListed(Exception failure, string name);

    [LoggerMessage(Level = LogLevel.Debug, Message = "A connection to the MCP server {Name} could not be closed.")]
    private partial void LogNotClosed(Exception failure, string name);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The connection to the MCP server {Name} was lost during a call.")]
    private partial void LogConnectionLost(Exception failure, string name);
}
