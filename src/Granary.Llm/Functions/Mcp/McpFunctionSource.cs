using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using ModelContextProtocol;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace Granary.Llm.Functions.Mcp;

/// <summary>
/// The tools of an MCP server. Connects when they are first asked for; a server that is down has none, and is tried again later.
/// </summary>
public sealed partial class McpFunctionSource : IFunctionSource, IAsyncDisposable
{
    private readonly McpSourceOptions options;
    private readonly Func<IClientTransport> connect;
    private readonly TimeProvider time;
    private readonly ILoggerFactory loggers;
    private readonly ILogger logger;

    private readonly Lock gate = new();
    private readonly CancellationTokenSource ended = new();
    private McpConnection? connection;
    private Task<McpConnection?>? refreshing;
    private DateTimeOffset listedAt;
    private DateTimeOffset? failedAt;

    /// <summary>Describes the source; nothing is started or connected yet.</summary>
    /// <param name="options">The server.</param>
    /// <param name="time">The clock of timeouts.</param>
    /// <param name="loggers">Told of failures.</param>
    /// <exception cref="ArgumentException">A setting is wrong.</exception>
    public McpFunctionSource(McpSourceOptions options, TimeProvider? time = null, ILoggerFactory? loggers = null)
        : this(options, () => McpTransports.Create(options, loggers), time, loggers) => options.Validate();

    internal McpFunctionSource(McpSourceOptions options, Func<IClientTransport> connect, TimeProvider? time, ILoggerFactory? loggers)
    {
        ArgumentNullException.ThrowIfNull(options);
        this.options = options;
        this.connect = connect;
        this.time = time ?? TimeProvider.System;
        this.loggers = loggers ?? NullLoggerFactory.Instance;
        logger = this.loggers.CreateLogger<McpFunctionSource>();
    }

    /// <inheritdoc />
    public string Name => options.Name;

    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<AgentFunction>> ListAsync(CancellationToken cancellationToken = default) =>
        await CurrentAsync(waitForDown: false, cancellationToken).ConfigureAwait(false) is { } current ? current.Functions : [];

    /// <summary>Ends the connection, and the program if one was started.</summary>
    public async ValueTask DisposeAsync()
    {
        await ended.CancelAsync().ConfigureAwait(false);
        Task? last;
        lock (gate)
        {
            last = refreshing;
        }

        if (last is not null)
        {
            await last.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await CloseAsync(connection).ConfigureAwait(false);
    }

    /// <summary>Calls a tool by the server's own name for it.</summary>
    /// <param name="tool">The tool.</param>
    /// <param name="arguments">The arguments by the server's own names.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    internal async Task<string> CallAsync(string tool, IDictionary<string, JsonElement> arguments, CancellationToken cancellationToken)
    {
        var current = await CurrentAsync(waitForDown: true, cancellationToken).ConfigureAwait(false) ?? throw new FunctionException($"the server '{Name}' is not available now");
        using var timeout = new CancellationTokenSource(options.CallTimeout, time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            var result = await current.Client.CallToolAsync(new CallToolRequestParams { Name = tool, Arguments = arguments }, limit.Token).ConfigureAwait(false);
            var text = TextCut.To(McpResults.ToText(result), options.MaxResultCharacters);
            return result.IsError == true ? throw new FunctionException(text) : text;
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new FunctionException(string.Create(CultureInfo.InvariantCulture, $"no answer within {options.CallTimeout.TotalSeconds:0.#} s"));
        }
        catch (Exception failure) when (failure is not FunctionException and not McpException and not OperationCanceledException)
        {
            // The protocol's own errors leave the connection whole; anything else is the connection.
            LogConnectionLost(failure, Name);
            await DropAsync(current).ConfigureAwait(false);
            throw new FunctionException($"the server '{Name}' is not available now", failure);
        }
    }

    private async ValueTask<McpConnection?> CurrentAsync(bool waitForDown, CancellationToken cancellationToken)
    {
        Task<McpConnection?> refresh;
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(ended.IsCancellationRequested, this);
            var now = time.GetUtcNow();
            if (failedAt is null && connection is { IsUp: true, IsStale: false } fresh && now - listedAt < options.RefreshInterval)
            {
                return fresh;
            }

            var open = connection is { IsUp: true } ? connection : null;
            if (refreshing is null && now - failedAt < options.RetryDelay)
            {
                return open;
            }

            // One for all who ask meanwhile, so it must not end with one of them.
            refresh = refreshing ??= Task.Run(RefreshAsync, CancellationToken.None);
            if (failedAt is not null && !waitForDown)
            {
                // Whoever asks for all functions must not wait, again and again, for a server that failed before.
                return open;
            }

            if (waitForDown && open is not null)
            {
                // A call needs the connection, not the list.
                return open;
            }
        }

        return await refresh.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task<McpConnection?> RefreshAsync()
    {
        using var timeout = new CancellationTokenSource(options.ConnectTimeout, time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, ended.Token);
        var open = connection;
        var isNew = open is not { IsUp: true };
        DateTimeOffset? failed = null;
        try
        {
            if (isNew)
            {
                await CloseAsync(open).ConfigureAwait(false);
                open = null;
                open = await McpConnection.OpenAsync(connect(), options, time, loggers, limit.Token).ConfigureAwait(false);
            }

            await open!.ListAsync(this, limit.Token).ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            failed = time.GetUtcNow();
            if (isNew || open is not { IsUp: true })
            {
                LogUnavailable(failure, Name);
                await CloseAsync(open).ConfigureAwait(false);
                open = null;
            }
            else
            {
                // Calls may be under way, and a server that is too busy to list its tools most likely still has them.
                LogNotListed(failure, Name);
            }
        }
        finally
        {
            lock (gate)
            {
                (connection, listedAt, failedAt, refreshing) = (open, failed is null ? time.GetUtcNow() : listedAt, failed, null);
            }
        }

        return open;
    }

    /// <summary>Ends a connection; that it cannot even be ended is nobody's loss.</summary>
    private async ValueTask CloseAsync(McpConnection? open)
    {
        try
        {
            if (open is not null)
            {
                await open.DisposeAsync().ConfigureAwait(false);
            }
        }
        catch (Exception failure)
        {
            LogNotClosed(failure, Name);
        }
    }

    private async Task DropAsync(McpConnection lost)
    {
        lock (gate)
        {
            if (ReferenceEquals(connection, lost))
            {
                connection = null;
            }
        }

        await CloseAsync(lost).ConfigureAwait(false);
    }
}
