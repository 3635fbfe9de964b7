using System.Text.Json.Serialization;

namespace Granary.Llm.Batch;

/// <summary>A batch as callers see it.</summary>
public sealed record BatchInfo
{
    /// <summary>The batch's id.</summary>
    public required string BatchId { get; init; }

    /// <summary>The same: the batch is its own job.</summary>
    public string JobId => BatchId;

    /// <summary>Whether an earlier call with the same idempotency key made it, and this one nothing.</summary>
    [JsonIgnore]
    public bool Repeated { get; init; }

    /// <summary>The user, or null for a batch of the tenant's own.</summary>
    public string? UserId { get; init; }

    /// <summary>The model.</summary>
    public required string Model { get; init; }

    /// <summary>How it is done.</summary>
    public required BatchType BatchType { get; init; }

    /// <summary>Where it is.</summary>
    public required BatchStatus Status { get; init; }

    /// <summary>Whether it is being cancelled.</summary>
    public bool CancelRequested { get; init; }

    /// <summary>Why it failed, or why it waits to be tried again.</summary>
    public string? Error { get; init; }

    /// <summary>1 to 5, 1 is done first.</summary>
    public int Priority { get; init; }

    /// <summary>Its lines.</summary>
    public int QuestionsCount { get; init; }

    /// <summary>Lines that are over, with an answer or an error.</summary>
    public int ItemsProcessed { get; init; }

    /// <summary>Lines with an answer.</summary>
    public int Completed { get; init; }

    /// <summary>Lines with an error.</summary>
    public int Failed { get; init; }

    /// <summary>How often in a row the provider could not be asked.</summary>
    public int RetryCount { get; init; }

    /// <summary>Tokens of all prompts so far.</summary>
    public long InputTokens { get; init; }

    /// <summary>Tokens of all answers so far.</summary>
    public long OutputTokens { get; init; }

    /// <summary>US dollars so far, of the answers whose cost is known.</summary>
    public decimal Cost { get; init; }

    /// <summary>Answers whose cost is not known.</summary>
    public int UnpricedAnswers { get; init; }

    /// <summary>The batches at the provider.</summary>
    public IReadOnlyList<ProviderBatchInfo> ProviderBatches { get; init; } = [];

    /// <summary>When it was made.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>When work on it began.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When it was over.</summary>
    public DateTimeOffset? CompletedAt { get; init; }

    /// <summary>When it will be over at the latest.</summary>
    public DateTimeOffset EstimatedCompletion { get; init; }
}

/// <summary>A batch at the provider: a part of the lines in one round.</summary>
/// <param name="Id">The provider's id.</param>
/// <param name="FileId">The provider's id of the file of requests, if there is one.</param>
/// <param name="Status">The provider's word for its state.</param>
/// <param name="Lines">How many lines it holds.</param>
/// <param name="Round">The round, from 0; above 0 after tools.</param>
public sealed record ProviderBatchInfo(string Id, string? FileId, string? Status, int Lines, int Round);

/// <summary>A line that is over.</summary>
/// <param name="CustomId">The caller's id of the line, or <c>{batch}_{index}</c>.</param>
/// <param name="Index">The line, from 0.</param>
/// <param name="Response">The answer; with an error, what there is of it.</param>
/// <param name="ErrorCode">Why there is no whole answer.</param>
/// <param name="ErrorMessage">The same in words.</param>
/// <param name="Rounds">How often the model was asked.</param>
/// <param name="Cost">US dollars of the last round, or null where that is not known.</param>
public sealed record BatchResult(string CustomId, int Index, ChatResponse? Response, string? ErrorCode, string? ErrorMessage, int Rounds, decimal? Cost);
