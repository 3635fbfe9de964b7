using Granary.Llm.Functions;

namespace Granary.Llm.Batch.Jobs;

/// <summary>Decides what an answer means for its line: its end, or a round of tools.</summary>
internal sealed class AnswerJudge(BatchHead head, BatchServices services, BatchProgress progress, IReadOnlyDictionary<string, AgentFunction> functions, string? provider, decimal share)
{
    /// <summary>Takes an answer in.</summary>
    /// <returns>The round of tools to go on with, or null if the line has its end.</returns>
    public async Task<BatchTurn?> TakeAsync(int index, BatchLine line, int round, ChatResponse answer, DateTimeOffset since, CancellationToken cancellationToken)
    {
        var cost = services.Prices.Cost(answer.Model.Length > 0 ? answer.Model : head.Model, answer.Usage, share) ?? services.Prices.Cost(head.Model, answer.Usage, share);

        // Tools that a line defines itself are the caller's to run: the calls are its result.
        var isOurs = head.Tools.Count > 0 && answer.ToolCalls.Count > 0
            && !answer.ToolCalls.Any(call => line.Request.Tools.Any(own => own.Name == call.Name && !functions.ContainsKey(own.Name)));
        if (isOurs && round + 1 < head.MaxIterations)
        {
            var turn = await services.Tools.RunAsync(head, answer, functions, cancellationToken).ConfigureAwait(false);
            return await progress.AddTurnAsync(index, line.CustomId, round, turn, answer, cost, since, provider, cancellationToken).ConfigureAwait(false) ? turn : null;
        }

        var outcome = new BatchOutcome
        {
            CustomId = line.CustomId,
            Response = answer,
            ErrorCode = answer.Error is not null ? "partial_answer" : isOurs ? "too_many_iterations" : null,
            ErrorMessage = answer.Error ?? (isOurs ? $"The model still called tools after {head.MaxIterations} iterations." : null),
            Rounds = round + 1,
            Cost = cost,
            At = services.Time.GetUtcNow(),
        };
        await progress.AddResultAsync(index, outcome, answer.Usage, since, provider, cancellationToken).ConfigureAwait(false);
        return null;
    }

    /// <summary>Takes in that a line has no answer.</summary>
    public Task FailAsync(int index, BatchLine line, int round, string code, string? message, DateTimeOffset since, CancellationToken cancellationToken) =>
        progress.AddResultAsync(
            index,
            new BatchOutcome { CustomId = line.CustomId, ErrorCode = code, ErrorMessage = message, Rounds = round, At = services.Time.GetUtcNow() },
            null,
            since,
            provider,
            cancellationToken);
}
