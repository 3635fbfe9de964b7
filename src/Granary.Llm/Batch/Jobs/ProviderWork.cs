using Granary.Llm.Batch.Providers;
using Granary.Llm.Functions;
using Granary.Llm.Providers;

namespace Granary.Llm.Batch.Jobs;

/// <summary>
/// Takes a part of a batch as far as it goes now: marks a round, submits it, asks for it, fetches its answers, runs their tools, marks the next round.
/// Each step is noted before the next, so that whoever comes after a crash goes on from there.
/// </summary>
internal sealed class ProviderWork(BatchLease lease, BatchServices services, IBatchProvider provider)
{
    /// <summary>How far clocks may differ when a batch is looked for by the time at which it was made.</summary>
    private static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(10);

    private readonly BatchLines _lines = new(services.Store, lease.Partition);
    private readonly PartEnd _end = new(lease, services);

    private bool IsLate => services.Time.GetUtcNow() >= lease.Head.Deadline;

    /// <returns>The part as it is then.</returns>
    /// <exception cref="ProviderException">The provider cannot be asked now; the part is as it was or further, never back.</exception>
    public async Task<BatchPart> AdvanceAsync(BatchPart part, CancellationToken cancellationToken)
    {
        // A process that marked a round itself knows that nobody has submitted it.
        var isFresh = false;
        while (true)
        {
            switch (part.State)
            {
                case PartState.New:
                    part = await MarkAsync(part, cancellationToken).ConfigureAwait(false);
                    isFresh = true;
                    break;
                case PartState.Submitting:
                    part = await SubmitAsync(part, isFresh, cancellationToken).ConfigureAwait(false);
                    if (part.State == PartState.Submitted && !lease.Head.CancelRequested && !IsLate)
                    {
                        return part;
                    }

                    break;
                case PartState.Submitted:
                    var batch = await AskAsync(part, cancellationToken).ConfigureAwait(false);
                    if (batch.State == ProviderBatchState.Running)
                    {
                        return await WaitAsync(part, batch, cancellationToken).ConfigureAwait(false);
                    }

                    part = await CollectAsync(part, batch, cancellationToken).ConfigureAwait(false);
                    part = await TidyAsync(part, cancellationToken).ConfigureAwait(false);
                    isFresh = false;
                    break;
                default:
                    return part;
            }
        }
    }

    private async Task<BatchPart> MarkAsync(BatchPart part, CancellationToken cancellationToken)
    {
        if (lease.Head.CancelRequested)
        {
            return await _end.EndAsync(part, "cancelled", "The batch was cancelled before this line was answered.", null, cancellationToken).ConfigureAwait(false);
        }

        if (IsLate)
        {
            return await _end.EndAsync(part, "timed_out", "The batch's time was over before this line was answered.", "timed_out", cancellationToken).ConfigureAwait(false);
        }

        var open = await _lines.OpenAsync(part, cancellationToken).ConfigureAwait(false);
        part = part with
        {
            State = open.Count == 0 ? PartState.Done : PartState.Submitting,
            Lines = open,
            Marker = $"{lease.Head.Id}-{part.Number}-{part.Round}",
            MarkedAt = services.Time.GetUtcNow(),
            ProviderBatch = null,
            ProviderFile = null,
            ProviderStatus = null,
            CancelSent = false,
        };
        await Progress().FlushAsync(part, cancellationToken).ConfigureAwait(false);
        return part;
    }

    private async Task<BatchPart> SubmitAsync(BatchPart part, bool isFresh, CancellationToken cancellationToken)
    {
        var batch = isFresh ? null : await provider.FindAsync(part.Marker!, part.MarkedAt!.Value - ClockSkew, cancellationToken).ConfigureAwait(false);
        if (batch is null)
        {
            if (lease.Head.CancelRequested || IsLate)
            {
                return await MarkAsync(part, cancellationToken).ConfigureAwait(false);
            }

            try
            {
                batch = await provider.SubmitAsync(await UploadAsync(part, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
            }
            catch (ProviderException refusal) when (refusal.Status is >= 400 and < 500 and not (408 or 409 or 425 or 429))
            {
                return await _end.EndAsync(part, "provider_refused", refusal.Message, "provider_refused", cancellationToken).ConfigureAwait(false);
            }
        }

        part = part with { State = PartState.Submitted, ProviderBatch = batch.Id, ProviderFile = batch.InputFile, ProviderStatus = batch.Status };

        // The one commit that must not be given up lightly: without it nobody knows the id. (It is tried again for some seconds.)
        await Progress().FlushAsync(part, CancellationToken.None).ConfigureAwait(false);
        return part;
    }

    private async Task<BatchUpload> UploadAsync(BatchPart part, CancellationToken cancellationToken)
    {
        var head = lease.Head;
        var functions = await services.Tools.PresentAsync(head.Tools, cancellationToken).ConfigureAwait(false);
        var renderer = services.Dialects.Renderer(provider.Dialect);
        var lines = await _lines.ReadAsync(part, part.Lines.ToHashSet(), functions, cancellationToken).ConfigureAwait(false);
        return new BatchUpload(
            part.Marker!,
            ModelAtProvider(head),
            new Dictionary<string, string>
            {
                ["tenant_id"] = head.Tenant,
                ["batch_id"] = head.Id,
                ["model"] = head.Model,
                ["questions_count"] = $"{lines.Count}",
            },
            [.. lines.Select(line =>
            {
                var body = renderer.RenderRequest(line.Line.Request with { Model = ModelAtProvider(head), Stream = false });
                body.Remove("stream");
                return (BatchPartitions.CustomId(head.Id, line.Index), body);
            })],
            lease.RequireAsync);
    }

    private async Task<ProviderBatch> AskAsync(BatchPart part, CancellationToken cancellationToken)
    {
        try
        {
            return await provider.GetAsync(part.ProviderBatch!, cancellationToken).ConfigureAwait(false);
        }
        catch (ProviderException lost) when (lost.Status is 404 or 410)
        {
            // Deleted at the provider.
            return new ProviderBatch(part.ProviderBatch!, ProviderBatchState.Failed, "gone") { Error = lost.Message };
        }
    }

    private async Task<BatchPart> WaitAsync(BatchPart part, ProviderBatch batch, CancellationToken cancellationToken)
    {
        var next = part with { ProviderStatus = batch.Status };
        if ((lease.Head.CancelRequested || IsLate) && !part.CancelSent)
        {
            await provider.CancelAsync(batch.Id, cancellationToken).ConfigureAwait(false);
            next = next with { CancelSent = true };
        }

        if (next != part)
        {
            await Progress().FlushAsync(next, cancellationToken).ConfigureAwait(false);
        }

        return next;
    }

    private async Task<BatchPart> CollectAsync(BatchPart part, ProviderBatch batch, CancellationToken cancellationToken)
    {
        var functions = await services.Tools.PresentAsync(lease.Head.Tools, cancellationToken).ConfigureAwait(false);
        var open = await _lines.UnansweredAsync(part, cancellationToken).ConfigureAwait(false);
        var (progress, judge) = Judge(functions);
        var renderer = services.Dialects.Renderer(provider.Dialect);
        if (batch.State != ProviderBatchState.Failed)
        {
            await foreach (var line in provider.ResultsAsync(batch, cancellationToken).ConfigureAwait(false))
            {
                var index = BatchPartitions.IndexOfCustomId(lease.Head.Id, line.CustomId)
                    ?? (line.CustomId is null && line.Ordinal is { } ordinal && ordinal < part.Lines.Count ? part.Lines[ordinal] : -1);

                // Answered before a crash, given twice, or not of this round.
                if (!open.Remove(index))
                {
                    continue;
                }

                await TakeAsync(judge, part, index, await _lines.InputAsync(index, cancellationToken).ConfigureAwait(false), line, renderer, cancellationToken).ConfigureAwait(false);
            }
        }

        var (code, message) = Missing(batch);
        foreach (var index in open)
        {
            await judge.FailAsync(index, await _lines.InputAsync(index, cancellationToken).ConfigureAwait(false), part.Round, code, message, Since(part), cancellationToken).ConfigureAwait(false);
        }

        await progress.FlushAsync(null, cancellationToken).ConfigureAwait(false);
        var goesOn = await _lines.GoesOnAsync(part, cancellationToken).ConfigureAwait(false);
        part = part with
        {
            State = goesOn ? PartState.New : PartState.Done,
            Round = goesOn ? part.Round + 1 : part.Round,
            ProviderStatus = batch.Status,
            Remains = [.. part.Remains, .. provider.RemainsOf(batch with { InputFile = batch.InputFile ?? part.ProviderFile })],
            Error = part.Error ?? batch.State switch
            {
                ProviderBatchState.Failed => "provider_failed",

                // Neither running nor finished in the table that OpenAI's clients often use: it is an end, and a failed one.
                ProviderBatchState.Expired => "expired",
                ProviderBatchState.Cancelled when !lease.Head.CancelRequested => IsLate ? "timed_out" : "cancelled_at_provider",
                _ => null,
            },
        };
        await progress.FlushAsync(part, cancellationToken).ConfigureAwait(false);
        return part;
    }

    /// <summary>Deletes what the provider has of rounds whose answers are stored. What it does not delete now stays noted.</summary>
    private async Task<BatchPart> TidyAsync(BatchPart part, CancellationToken cancellationToken)
    {
        var left = await BatchTidying.TryDeleteAsync(provider, part.Remains, cancellationToken).ConfigureAwait(false);
        if (left.Count < part.Remains.Count)
        {
            part = part with { Remains = left };
            await Progress().FlushAsync(part, cancellationToken).ConfigureAwait(false);
        }

        return part;
    }

    private async Task TakeAsync(
        AnswerJudge judge, BatchPart part, int index, BatchLine input, ProviderLine line, Rendering.IChatRenderer renderer, CancellationToken cancellationToken)
    {
        if (line.Body is null)
        {
            await judge.FailAsync(index, input, part.Round + 1, line.ErrorCode ?? "provider_error", line.ErrorMessage, Since(part), cancellationToken).ConfigureAwait(false);
            return;
        }

        ChatResponse answer;
        try
        {
            answer = renderer.ParseResponse(line.Body);
        }
        catch (Exception error) when (error is FormatException or InvalidOperationException)
        {
            await judge.FailAsync(index, input, part.Round + 1, "invalid_answer", error.Message, Since(part), cancellationToken).ConfigureAwait(false);
            return;
        }

        await judge.TakeAsync(index, input, part.Round, answer, Since(part), cancellationToken).ConfigureAwait(false);
    }

    private (string Code, string Message) Missing(ProviderBatch batch) => batch.State switch
    {
        ProviderBatchState.Expired => ("expired", "The provider's time for the batch was over before this line was answered."),
        ProviderBatchState.Cancelled when IsLate && !lease.Head.CancelRequested => ("timed_out", "The batch's time was over before this line was answered."),
        ProviderBatchState.Cancelled => ("cancelled", "The batch was cancelled before this line was answered."),
        ProviderBatchState.Failed => ("provider_failed", batch.Error ?? "The provider refused the batch."),
        _ => ("missing", "The provider's results lack this line."),
    };

    private DateTimeOffset Since(BatchPart part) => part.MarkedAt ?? lease.Head.StartedAt ?? lease.Head.CreatedAt;

    private BatchProgress Progress() => new(lease, services);

    private (BatchProgress Progress, AnswerJudge Judge) Judge(IReadOnlyDictionary<string, AgentFunction> functions)
    {
        var progress = Progress();
        return (progress, new AnswerJudge(lease.Head, services, progress, functions, provider.Name, services.Options.PriceShare));
    }

    /// <summary>The model's name without the provider's before it.</summary>
    private string ModelAtProvider(BatchHead head) =>
        head.Model.StartsWith(provider.Name + "/", StringComparison.OrdinalIgnoreCase) ? head.Model[(provider.Name.Length + 1)..] : head.Model;
}
