using Granary.Core.Storage;
using Granary.Llm.Batch.Providers;
using Granary.Llm.Providers;
using Microsoft.Extensions.Logging;

namespace Granary.Llm.Batch.Jobs;

/// <summary>Takes a batch as far as it goes now and leaves it with the time at which to look again.</summary>
internal sealed partial class BatchJobs(BatchServices services, ILogger<BatchJobs> logger)
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromMinutes(30);

    /// <summary>How long the lease may be given back after the work was told to stop.</summary>
    private static readonly TimeSpan FarewellPatience = TimeSpan.FromSeconds(5);

    private readonly BatchTidying _tidying = new(services);

    /// <summary>Works on a batch, if nobody else does and there is something to do.</summary>
    /// <exception cref="StorageException">The store failed; the batch comes again when its lease is over.</exception>
    public async Task RunAsync(string partition, CancellationToken cancellationToken)
    {
        if (PartitionNames.IsOfKind(partition, BatchPartitions.RemainsKind))
        {
            await _tidying.RunAsync(partition, cancellationToken).ConfigureAwait(false);
            return;
        }

        using var lease = await BatchLease.TryClaimAsync(services.Store, services.Time, services.Options.Lease, partition, cancellationToken).ConfigureAwait(false);
        if (lease is null)
        {
            return;
        }

        using var lost = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var heartbeat = HeartbeatAsync(lease, lost);
        try
        {
            await AdvanceAsync(lease, lost.Token).ConfigureAwait(false);
        }
        catch (LeaseLostException)
        {
            LogLost(logger, partition);
        }
        catch (OperationCanceledException) when (lost.IsCancellationRequested)
        {
            await LeaveAsync(lease, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            await lost.CancelAsync().ConfigureAwait(false);
            await heartbeat.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task AdvanceAsync(BatchLease lease, CancellationToken cancellationToken)
    {
        var parts = await PartsAsync(lease.Partition, cancellationToken).ConfigureAwait(false);
        var provider = lease.Head is { Type: not BatchType.Sequential, Provider: { } name } ? services.Providers.Find(name) : null;
        try
        {
            for (var i = 0; i < parts.Count; i++)
            {
                parts[i] = await AdvanceAsync(lease, provider, parts[i], cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception error) when (error is not (LeaseLostException or StorageException or OperationCanceledException))
        {
            // The provider, as a rule; anything else must not come again for ever either.
            await RetryAsync(lease, provider, parts, error, cancellationToken).ConfigureAwait(false);
            return;
        }

        await LeaveAsync(lease, parts, cancellationToken).ConfigureAwait(false);
    }

    private Task<BatchPart> AdvanceAsync(BatchLease lease, IBatchProvider? provider, BatchPart part, CancellationToken cancellationToken)
    {
        if (part.State == PartState.Done)
        {
            return Task.FromResult(part);
        }

        if (lease.Head.Type == BatchType.Sequential)
        {
            return new SequentialWork(lease, services).AdvanceAsync(part, cancellationToken);
        }

        return provider is not null
            ? new ProviderWork(lease, services, provider).AdvanceAsync(part, cancellationToken)
            : throw new ProviderException(lease.Head.Provider!, $"The provider '{lease.Head.Provider}' is not configured with a key any more.", 503);
    }

    /// <summary>The provider cannot be asked now: later, or never if it was too often and nothing of the batch is with it.</summary>
    private async Task RetryAsync(BatchLease lease, IBatchProvider? provider, List<BatchPart> parts, Exception error, CancellationToken cancellationToken)
    {
        var head = lease.Head;
        var isWithProvider = parts.Any(part => part.State == PartState.Submitted) && provider is not null;
        var now = services.Time.GetUtcNow();

        // What the provider has is waited for until its time is over; what it does not have is given up earlier.
        var isOver = isWithProvider ? now >= head.Deadline + services.Options.Lease : head.RetryCount >= head.MaxRetries || now >= head.Deadline;
        if (isOver)
        {
            var code = error is ProviderException ? "provider_unavailable" : "internal_error";
            var message = error is ProviderException ? error.Message : "Something went wrong here; the log has it.";
            LogGivenUp(logger, error, lease.Partition);
            for (var i = 0; i < parts.Count; i++)
            {
                if (parts[i].State != PartState.Done)
                {
                    // What the provider still has of it nobody will fetch.
                    var part = parts[i] is { State: PartState.Submitted, ProviderBatch: { } id } lost && provider is not null
                        ? lost with { Remains = [.. lost.Remains, .. provider.RemainsOf(new ProviderBatch(id, ProviderBatchState.Running, "") { InputFile = lost.ProviderFile })] }
                        : parts[i];
                    parts[i] = await new PartEnd(lease, services).EndAsync(part, code, message, code, cancellationToken).ConfigureAwait(false);
                }
            }

            await LeaveAsync(lease, parts, cancellationToken).ConfigureAwait(false);
            return;
        }

        var pause = FirstRetry * (1 << Math.Min(head.RetryCount, 6));
        pause = pause < LongestRetry ? pause : LongestRetry;
        pause = error is ProviderException { RetryAfter: { } asked } && asked > pause ? asked : pause;
        LogRetry(logger, error, lease.Partition, pause);
        await lease.ReleaseAsync(
            next => next with { Status = BatchStatus.Retry, RetryCount = next.RetryCount + 1, Error = error is ProviderException ? error.Message : "internal_error", DueAt = now + pause },
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Notes what is next: the end, or when to look again.</summary>
    private async Task LeaveAsync(BatchLease lease, List<BatchPart> parts, CancellationToken cancellationToken)
    {
        var now = services.Time.GetUtcNow();
        if (parts.TrueForAll(part => part.State == PartState.Done))
        {
            await _tidying.NoteAsync(lease.Head, parts, cancellationToken).ConfigureAwait(false);
            var error = parts.Select(part => part.Error).FirstOrDefault(error => error is not null);
            await lease.ReleaseAsync(
                head => head with
                {
                    Status = head.CancelRequested && error is null && head.Failed > 0 ? BatchStatus.Cancelled
                        : error is not null || head.Failed == head.Lines ? BatchStatus.Failed
                        : BatchStatus.Completed,
                    Error = error ?? (head.Failed == head.Lines && !head.CancelRequested ? "no_line_answered" : null),
                    CompletedAt = now,
                    DueAt = now.AddDays(services.Options.RetentionDays),
                },
                cancellationToken).ConfigureAwait(false);
            return;
        }

        // A cancellation that came while the parts were gone through is looked at again at once.
        var isCancelling = parts.Exists(part => part.CancelSent);
        await lease.ReleaseAsync(
            head => head with { Error = null, RetryCount = 0, DueAt = head.CancelRequested && !isCancelling ? now : now + services.Options.PollInterval },
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Gives the batch back so that another process need not wait for the lease's end.</summary>
    private async Task LeaveAsync(BatchLease lease, CancellationToken stopping)
    {
        if (!stopping.IsCancellationRequested)
        {
            return;
        }

        using var patience = new CancellationTokenSource(FarewellPatience);
        try
        {
            await lease.ReleaseAsync(head => head with { DueAt = services.Time.GetUtcNow() }, patience.Token).ConfigureAwait(false);
        }
        catch (Exception error) when (error is LeaseLostException or StorageException or OperationCanceledException)
        {
            // The lease ends by itself.
        }
    }

    private async Task HeartbeatAsync(BatchLease lease, CancellationTokenSource lost)
    {
        while (!lost.IsCancellationRequested)
        {
            await Task.Delay(services.Options.Lease / 3, services.Time, lost.Token).ConfigureAwait(false);
            try
            {
                await lease.CommitAsync([], head => head, lost.Token).ConfigureAwait(false);
            }
            catch (LeaseLostException)
            {
                await lost.CancelAsync().ConfigureAwait(false);
            }
            catch (StorageException)
            {
                // It may still be renewed in time. Once it is over another process may have the batch, and this one must not ask for anything more.
                if (services.Time.GetUtcNow() >= lease.Head.LeaseUntil)
                {
                    await lost.CancelAsync().ConfigureAwait(false);
                }
            }
        }
    }

    private async Task<List<BatchPart>> PartsAsync(string partition, CancellationToken cancellationToken)
    {
        var parts = new List<BatchPart>();
        await foreach (var document in services.Store.ReadAllAsync(partition, DocumentRange.Prefix(BatchPartitions.PartPrefix), cancellationToken).ConfigureAwait(false))
        {
            parts.Add(BatchPartitions.Read(document, BatchJson.Default.BatchPart));
        }

        return parts;
    }

    [LoggerMessage(1, LogLevel.Warning, "{Partition} was taken over by another process, or erased")]
    private static partial void LogLost(ILogger logger, string partition);

    [LoggerMessage(3, LogLevel.Error, "{Partition} could not go on and is given up")]
    private static partial void LogGivenUp(ILogger logger, Exception error, string partition);

    [LoggerMessage(2, LogLevel.Warning, "{Partition} cannot go on now and is tried again in {Pause}")]
    private static partial void LogRetry(ILogger logger, Exception error, string partition, TimeSpan pause);
}
