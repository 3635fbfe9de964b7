using Microsoft.Extensions.Logging;
using ModelContextProtocol;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace Granary.Llm.Functions.Mcp;

/// <summary>One connection to an MCP server, with the tools it listed last.</summary>
internal sealed class McpConnection : IAsyncDisposable
{
    // From this revision on a server tells of changes only to those who asked (SEP-2575).
    private const string AsksForChanges = "2026-07-28";

    private readonly CancellationTokenSource listening = new();
    private readonly IAsyncDisposable handler;
    private readonly IClientTransport transport;
    private int stale;

    private McpConnection(McpClient client, IClientTransport transport)
    {
        Client = client;
        this.transport = transport;
        handler = client.RegisterNotificationHandler(NotificationMethods.ToolListChangedNotification, (_, _) =>
        {
            Interlocked.Exchange(ref stale, 1);
            return ValueTask.CompletedTask;
        });
        if (string.CompareOrdinal(client.NegotiatedProtocolVersion, AsksForChanges) >= 0 && client.ServerCapabilities.Tools?.ListChanged == true)
        {
            _ = ListenAsync();
        }
    }

    public McpClient Client { get; }

    public IReadOnlyList<AgentFunction> Functions { get; private set; } = [];

    /// <summary>Whether the server is still at the other end, as far as is known.</summary>
    public bool IsUp => !Client.Completion.IsCompleted;

    /// <summary>Whether the server said that its tools changed since they were listed.</summary>
    public bool IsStale => Volatile.Read(ref stale) != 0;

    public static async Task<McpConnection> OpenAsync(
        IClientTransport transport, McpSourceOptions options, TimeProvider time, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        try
        {
            var client = await McpClient.CreateAsync(
                transport,
                new McpClientOptions
                {
                    ClientInfo = new Implementation { Name = "granary", Version = typeof(McpConnection).Assembly.GetName().Version?.ToString() ?? "0" },
                    InitializationTimeout = options.ConnectTimeout,
                    TimeProvider = time,
                },
                loggers,
                cancellationToken).ConfigureAwait(false);
            return new McpConnection(client, transport);
        }
        catch
        {
            await DisposeAsync(transport).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Asks for the tools.</summary>
    public async Task ListAsync(McpFunctionSource source, CancellationToken cancellationToken)
    {
        // Before the question: a change while it is answered must not be forgotten.
        Interlocked.Exchange(ref stale, 0);
        var tools = await Client.ListToolsAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
        Functions = [.. tools.Select(tool => new McpFunction(source, tool.ProtocolTool))];
    }

    public async ValueTask DisposeAsync()
    {
        await listening.CancelAsync().ConfigureAwait(false);
        await handler.DisposeAsync().ConfigureAwait(false);
        try
        {
            await Client.DisposeAsync().ConfigureAwait(false);
        }
        finally
        {
            await DisposeAsync(transport).ConfigureAwait(false);
        }
    }

    /// <summary>Ends what outlives the client, which ends only its session: connections over HTTP.</summary>
    private static ValueTask DisposeAsync(IClientTransport transport) => transport is IAsyncDisposable disposable ? disposable.DisposeAsync() : ValueTask.CompletedTask;

    private async Task ListenAsync()
    {
        try
        {
            await Client.SendRequestAsync<SubscriptionsListenRequestParams, EmptyResult>(
                RequestMethods.SubscriptionsListen,
                new SubscriptionsListenRequestParams { Notifications = new SubscriptionsListenNotifications { ToolsListChanged = true } },
                McpJsonUtilities.DefaultOptions,
                cancellationToken: listening.Token).ConfigureAwait(false);
        }
        catch (Exception)
        {
            // The list is asked for again by its age as well: nothing is lost but time.
        }
    }
}
