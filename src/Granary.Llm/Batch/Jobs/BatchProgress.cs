using Granary.Core.Storage;
using Granary.Llm.Audit;

namespace Granary.Llm.Batch.Jobs;

/// <summary>
/// Gathers what becomes of lines and commits it with the head's counters, so that a line counts once: its document is inserted, in the same commit.
/// </summary>
internal sealed class BatchProgress(BatchLease lease, BatchServices services)
{
    /// <summary>Lines in one commit: beside the head, and the part that may join them.</summary>
    private const int MaxDocuments = 40;

    private const int MaxBytes = 1024 * 1024;

    /// <summary>The largest document; a longer answer is an error of its line.</summary>
    private const int MaxDocumentBytes = 768 * 1024;

    private readonly List<DocumentWrite> _writes = [];
    private readonly List<AuditSession> _calls = [];
    private readonly SemaphoreSlim _gate = new(1);
    private Sums _sums;
    private int _bytes;

    /// <summary>Adds a line's end.</summary>
    public async Task AddResultAsync(int index, BatchOutcome outcome, ChatUsage? usage, DateTimeOffset since, string? provider, CancellationToken cancellationToken)
    {
        var answer = outcome.Response;
        var body = BatchPartitions.Bytes(outcome, BatchJson.Default.BatchOutcome);
        if (body.Length > MaxDocumentBytes)
        {
            outcome = outcome with { Response = null, ErrorCode = "answer_too_large", ErrorMessage = $"The answer has {body.Length} bytes, {MaxDocumentBytes} can be kept." };
            body = BatchPartitions.Bytes(outcome, BatchJson.Default.BatchOutcome);
        }

        // What was answered was paid for, kept or not.
        var added = new Sums(outcome.ErrorCode is null ? 1 : 0, outcome.ErrorCode is null ? 0 : 1).Of(usage, outcome.Cost);
        await AddAsync(DocumentWrite.Insert(BatchPartitions.Result(index), body), added, Call(answer, usage, outcome.Cost, outcome.ErrorCode, since, provider), cancellationToken)
            .ConfigureAwait(false);
    }

    /// <summary>Adds a round of tools.</summary>
    /// <returns>Whether it was kept; where it is too large to be, the line has its end.</returns>
    public async Task<bool> AddTurnAsync(int index, string? customId, int round, BatchTurn turn, ChatResponse answer, decimal? cost, DateTimeOffset since, string? provider, CancellationToken cancellationToken)
    {
        var body = BatchPartitions.Bytes(turn, BatchJson.Default.BatchTurn);
        if (body.Length > MaxDocumentBytes)
        {
            await AddResultAsync(
                index,
                new BatchOutcome
                {
                    CustomId = customId,
                    ErrorCode = "tools_too_large",
                    ErrorMessage = $"The calls of tools and their results have {body.Length} bytes, {MaxDocumentBytes} can be kept.",
                    Rounds = round + 1,
                    Cost = cost,
                    At = services.Time.GetUtcNow(),
                },
                answer.Usage,
                since,
                provider,
                cancellationToken).ConfigureAwait(false);
            return false;
        }

        await AddAsync(DocumentWrite.Insert(BatchPartitions.Turn(index, round), body), default(Sums).Of(answer.Usage, cost), Call(answer, answer.Usage, cost, null, since, provider), cancellationToken)
            .ConfigureAwait(false);
        return true;
    }

    /// <summary>Commits what was gathered.</summary>
    /// <param name="part">A part to write with it, or null.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task FlushAsync(BatchPart? part, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await CommitAsync(part, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task AddAsync(DocumentWrite write, Sums added, AuditSession? call, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_writes.Count == MaxDocuments || _bytes + write.Body.Length > MaxBytes)
            {
                await CommitAsync(null, cancellationToken).ConfigureAwait(false);
            }

            _writes.Add(write);
            _bytes += write.Body.Length;
            _sums = _sums.Add(added);
            if (call is not null)
            {
                _calls.Add(call);
            }
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task CommitAsync(BatchPart? part, CancellationToken cancellationToken)
    {
        if (part is null && _writes.Count == 0)
        {
            return;
        }

        // Never the same list twice: a store may keep the memory of a commit that was given up.
        List<DocumentWrite> writes = [.. _writes];
        if (part is not null)
        {
            writes.Add(DocumentWrite.Put(BatchPartitions.Part(part.Number), BatchPartitions.Bytes(part, BatchJson.Default.BatchPart)));
        }

        var sums = _sums;
        await lease.CommitAsync(writes, sums.AddTo, cancellationToken).ConfigureAwait(false);
        _calls.ForEach(services.Audit.Record);
        _calls.Clear();
        _writes.Clear();
        (_sums, _bytes) = (default, 0);
    }

    /// <summary>The audit's record of an answer; null where no model was asked.</summary>
    private AuditSession? Call(ChatResponse? answer, ChatUsage? usage, decimal? cost, string? errorCode, DateTimeOffset since, string? provider) =>
        answer is null && errorCode is null or "cancelled" or "timed_out" or "expired" or "missing"
            ? null
            : new AuditSession
            {
                Tenant = lease.Head.Tenant,
                User = lease.Head.User,
                Agent = lease.Head.Agent,
                Model = answer?.Model is { Length: > 0 } model ? model : lease.Head.Model,
                Provider = provider,
                Kind = AuditKind.Batch,
                Usage = usage,
                Cost = cost,
                ToolCalls = answer?.ToolCalls.Count ?? 0,
                Outcome = errorCode is null ? AuditOutcome.Completed : AuditOutcome.Failed,
                ErrorCode = errorCode,
                StartedAt = since,
                EndedAt = services.Time.GetUtcNow(),
            };

    /// <summary>What is to be added to the head.</summary>
    private readonly record struct Sums(int Completed, int Failed, long Input = 0, long Output = 0, decimal Cost = 0, int Unpriced = 0)
    {
        public Sums Of(ChatUsage? usage, decimal? cost) => usage is null
            ? this
            : this with { Input = usage.InputTokens, Output = usage.OutputTokens, Cost = cost ?? 0, Unpriced = cost is null ? 1 : 0 };

        public Sums Add(Sums other) => new(
            Completed + other.Completed, Failed + other.Failed, Input + other.Input, Output + other.Output, Cost + other.Cost, Unpriced + other.Unpriced);

        public BatchHead AddTo(BatchHead head) => head with
        {
            Completed = head.Completed + Completed,
            Failed = head.Failed + Failed,
            InputTokens = head.InputTokens + Input,
            OutputTokens = head.OutputTokens + Output,
            Cost = head.Cost + Cost,
            Unpriced = head.Unpriced + Unpriced,
        };
    }
}
