using Granary.Llm.Functions;
using Granary.Llm.Providers;

namespace Granary.Llm.Batch.Jobs;

/// <summary>Asks call by call, several at a time. What was answered before a crash is not asked again.</summary>
internal sealed class SequentialWork(BatchLease lease, BatchServices services)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    private readonly BatchLines _lines = new(services.Store, lease.Partition);

    /// <returns>The part when all of its lines have results.</returns>
    public async Task<BatchPart> AdvanceAsync(BatchPart part, CancellationToken cancellationToken)
    {
        var functions = await services.Tools.PresentAsync(lease.Head.Tools, cancellationToken).ConfigureAwait(false);
        var open = await _lines.OpenAsync(part, cancellationToken).ConfigureAwait(false);
        var lines = await _lines.ReadAsync(part, open.ToHashSet(), functions, cancellationToken).ConfigureAwait(false);
        var progress = new BatchProgress(lease, services);
        var judge = new AnswerJudge(lease.Head, services, progress, functions, lease.Head.Provider, 1m);
        using var late = LateAt(lease.Head.Deadline);
        await Parallel.ForEachAsync(
            lines,
            new ParallelOptions { MaxDegreeOfParallelism = services.Options.MaxConcurrentCalls, CancellationToken = cancellationToken },
            async (line, token) =>
            {
                await AnswerAsync(judge, line.Index, line.Line, line.Round, late.Token, token).ConfigureAwait(false);

                // Each answer was paid for.
                await progress.FlushAsync(null, token).ConfigureAwait(false);
            }).ConfigureAwait(false);
        part = part with { State = PartState.Done };
        await progress.FlushAsync(part, cancellationToken).ConfigureAwait(false);
        return part;
    }

    private async Task AnswerAsync(AnswerJudge judge, int index, BatchLine line, int round, CancellationToken late, CancellationToken cancellationToken)
    {
        var since = services.Time.GetUtcNow();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late, cancellationToken);
        var request = line.Request;
        try
        {
            while (true)
            {
                if (lease.Head.CancelRequested)
                {
                    await judge.FailAsync(index, line, round, "cancelled", "The batch was cancelled before this line was answered.", since, cancellationToken).ConfigureAwait(false);
                    return;
                }

                either.Token.ThrowIfCancellationRequested();
                var answer = await AskAsync(request, either.Token).ConfigureAwait(false);
                if (await judge.TakeAsync(index, line, round, answer, since, cancellationToken).ConfigureAwait(false) is not { } turn)
                {
                    return;
                }

                request = request with { Messages = [.. request.Messages, .. turn.Messages] };
                round++;
            }
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            await judge.FailAsync(index, line, round, "timed_out", "The batch's time was over before this line was answered.", since, cancellationToken).ConfigureAwait(false);
        }
        catch (ProviderException error)
        {
            await judge.FailAsync(index, line, round + 1, $"status_{error.Status}", error.Message, since, cancellationToken).ConfigureAwait(false);
        }
        catch (FormatException error)
        {
            await judge.FailAsync(index, line, round + 1, "invalid_answer", error.Message, since, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Asks, and again where the provider is only busy or away: a batch has time.</summary>
    private async Task<ChatResponse> AskAsync(ChatRequest request, CancellationToken cancellationToken)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return await services.Models.CompleteAsync(request with { Model = lease.Head.Model, Stream = false }, cancellationToken).ConfigureAwait(false);
            }
            catch (ProviderException error) when (attempt < lease.Head.MaxRetries && error.Status is 408 or 429 or >= 500)
            {
                var pause = FirstPause * (1 << Math.Min(attempt, 10));
                pause = error.RetryAfter > pause ? error.RetryAfter.Value : pause;
                await Task.Delay(pause < LongestPause ? pause : LongestPause, services.Time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private CancellationTokenSource LateAt(DateTimeOffset deadline)
    {
        var left = deadline - services.Time.GetUtcNow();
        return new CancellationTokenSource(left > TimeSpan.Zero ? left : TimeSpan.Zero, services.Time);
    }
}
