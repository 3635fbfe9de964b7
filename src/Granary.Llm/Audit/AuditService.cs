using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Granary.Llm.Audit;

/// <summary>Writes the audit in the background, and what is left of it when the host stops.</summary>
internal sealed partial class AuditService(AuditLog log, AuditWriter writer, AuditOptions options, TimeProvider time, ILogger<AuditService> logger)
    : BackgroundService
{
    /// <summary>How often a store that fails is asked to take the rest, so that one that is down does not hold up the stop.</summary>
    private const int LastAttempts = 3;

    private static readonly TimeSpan LastPause = TimeSpan.FromSeconds(1);

    private int Left => writer.Waiting + log.Reader.Count;

    /// <inheritdoc />
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        log.Close();
        await base.StopAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            for (var attempt = 1; attempt <= LastAttempts && Left > 0; attempt++)
            {
                await WriteRestAsync(cancellationToken).ConfigureAwait(false);
                if (Left > 0 && attempt < LastAttempts)
                {
                    await Task.Delay(LastPause, time, cancellationToken).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException)
        {
        }

        if (Left > 0)
        {
            log.Drop(Left, "stopped");
            LogLost(logger, Left);
        }
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (writer.Waiting > 0 || await log.Reader.WaitToReadAsync(stoppingToken).ConfigureAwait(false))
            {
                await Task.Delay(options.FlushInterval, time, stoppingToken).ConfigureAwait(false);
                writer.Take();
                await writer.WriteAsync(patient: true, stoppingToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    /// <summary>Writes as long as the store takes something.</summary>
    private async Task WriteRestAsync(CancellationToken cancellationToken)
    {
        int before;
        do
        {
            before = Left;
            writer.Take();
            await writer.WriteAsync(patient: false, cancellationToken).ConfigureAwait(false);
        }
        while (Left > 0 && Left < before);
    }

    [LoggerMessage(1, LogLevel.Warning, "The host stops, and {Count} records of calls could not be stored")]
    private static partial void LogLost(ILogger logger, int count);
}
