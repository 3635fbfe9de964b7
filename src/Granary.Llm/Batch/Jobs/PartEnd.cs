namespace Granary.Llm.Batch.Jobs;

/// <summary>Ends a part whose open lines will have no answer.</summary>
internal sealed class PartEnd(BatchLease lease, BatchServices services)
{
    /// <summary>Gives all open lines of a part an error and notes that the part is done.</summary>
    public async Task<BatchPart> EndAsync(BatchPart part, string code, string? message, string? partError, CancellationToken cancellationToken)
    {
        var lines = new BatchLines(services.Store, lease.Partition);
        var progress = new BatchProgress(lease, services);
        var now = services.Time.GetUtcNow();
        foreach (var index in await lines.OpenAsync(part, cancellationToken).ConfigureAwait(false))
        {
            var input = await lines.InputAsync(index, cancellationToken).ConfigureAwait(false);
            var outcome = new BatchOutcome { CustomId = input.CustomId, ErrorCode = code, ErrorMessage = message, Rounds = part.Round, At = now };
            await progress.AddResultAsync(index, outcome, null, part.MarkedAt ?? now, lease.Head.Provider, cancellationToken).ConfigureAwait(false);
        }

        part = part with { State = PartState.Done, Error = partError };
        await progress.FlushAsync(part, cancellationToken).ConfigureAwait(false);
        return part;
    }
}
