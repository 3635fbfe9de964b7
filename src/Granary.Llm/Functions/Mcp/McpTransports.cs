using Microsoft.Extensions.Logging;
using ModelContextProtocol.Client;

namespace Granary.Llm.Functions.Mcp;

/// <summary>How an MCP server is reached.</summary>
internal static class McpTransports
{
    /// <summary>The transport of a source.</summary>
    public static IClientTransport Create(McpSourceOptions options, ILoggerFactory? loggers) => options.Endpoint is { } endpoint
        ? new HttpClientTransport(
            new HttpClientTransportOptions
            {
                Name = options.Name,
                Endpoint = endpoint,
                AdditionalHeaders = options.Headers.ToDictionary(),
                ConnectionTimeout = options.ConnectTimeout,
            },
            new HttpClient(FunctionHandlers.Create()),
            loggers,
            ownsHttpClient: true)
        : new StdioClientTransport(
            new StdioClientTransportOptions
            {
                Name = options.Name,
                Command = options.Command!,
                Arguments = [.. options.Arguments],
                // Not this process's own variables: providers' keys are among them.
                InheritEnvironmentVariables = false,
                EnvironmentVariables = Environment(options),
                WorkingDirectory = options.WorkingDirectory,
            },
            loggers);

    private static Dictionary<string, string?> Environment(McpSourceOptions options)
    {
        var variables = StdioClientTransportOptions.GetDefaultEnvironmentVariables().ToDictionary(static entry => entry.Key, static entry => (string?)entry.Value);
        foreach (var (name, value) in options.Environment)
        {
            variables[name] = value;
        }

        return variables;
    }
}
