using System.Text.Json.Serialization;

namespace Granary.Llm.Batch.Jobs;

/// <summary>The head of a batch: what is asked for, how far it is, who works on it. Every commit writes it.</summary>
internal sealed record BatchHead
{
    public int V { get; init; } = 1;

    public required string Id { get; init; }

    public required string Tenant { get; init; }

    public string? User { get; init; }

    public required string Agent { get; init; }

    public required string Model { get; init; }

    /// <summary>The provider's name in the settings; null for a batch that is done call by call.</summary>
    public string? Provider { get; init; }

    public BatchType Type { get; init; }

    public BatchStatus Status { get; init; }

    /// <summary>The hash of what was asked for, where the batch was made with an idempotency key.</summary>
    public string? Content { get; init; }

    /// <summary>Lines are still coming in: it is invisible, and nobody works on it.</summary>
    public bool Receiving { get; init; }

    public int Priority { get; init; }

    public int BatchSize { get; init; }

    public int MaxIterations { get; init; }

    public IReadOnlyList<string> Tools { get; init; } = [];

    public int MaxRetries { get; init; }

    public int RetryCount { get; init; }

    public int Lines { get; init; }

    public int Parts { get; init; }

    public int Completed { get; init; }

    public int Failed { get; init; }

    public long InputTokens { get; init; }

    public long OutputTokens { get; init; }

    public decimal Cost { get; init; }

    /// <summary>Answers whose cost is not known.</summary>
    public int Unpriced { get; init; }

    public bool CancelRequested { get; init; }

    public string? Error { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? CompletedAt { get; init; }

    /// <summary>When what is not answered fails.</summary>
    public DateTimeOffset Deadline { get; init; }

    /// <summary>When somebody is to look again, while nobody works on it.</summary>
    public DateTimeOffset? DueAt { get; init; }

    /// <summary>Who works on it: a name that no other run has.</summary>
    public string? LeaseOwner { get; init; }

    public DateTimeOffset? LeaseUntil { get; init; }

    [JsonIgnore]
    public bool IsOver => Status is BatchStatus.Completed or BatchStatus.Failed or BatchStatus.Cancelled;
}

/// <summary>Where a part of a batch is with the provider.</summary>
internal enum PartState
{
    /// <summary>Its next round is to be submitted.</summary>
    New,

    /// <summary>Being submitted: the provider may have the round under its marker, or not.</summary>
    Submitting,

    /// <summary>The provider has it.</summary>
    Submitted,

    /// <summary>All of its lines have results.</summary>
    Done,
}

/// <summary>Neighbouring lines that go to a provider together, round by round.</summary>
internal sealed record BatchPart
{
    public int V { get; init; } = 1;

    public required int Number { get; init; }

    /// <summary>The index of its first line.</summary>
    public required int First { get; init; }

    public required int Count { get; init; }

    public PartState State { get; init; }

    /// <summary>The round, from 0: how often the model was asked before.</summary>
    public int Round { get; init; }

    /// <summary>What the provider's batch of this round is known by before it has an id.</summary>
    public string? Marker { get; init; }

    /// <summary>When the round was about to be submitted.</summary>
    public DateTimeOffset? MarkedAt { get; init; }

    /// <summary>The lines of the round, in the order in which they were submitted.</summary>
    public IReadOnlyList<int> Lines { get; init; } = [];

    public string? ProviderBatch { get; init; }

    public string? ProviderFile { get; init; }

    /// <summary>The provider's word for the batch's state.</summary>
    public string? ProviderStatus { get; init; }

    public bool CancelSent { get; init; }

    /// <summary>What is left of its rounds with the provider and is to be deleted there.</summary>
    public IReadOnlyList<string> Remains { get; init; } = [];

    /// <summary>Why the part failed as a whole.</summary>
    public string? Error { get; init; }
}

/// <summary>What was asked.</summary>
internal sealed record BatchLine(string? CustomId, ChatRequest Request, int V = 1);

/// <summary>A round of tools: the model's calls and their results.</summary>
internal sealed record BatchTurn(IReadOnlyList<ModelMessage> Messages, int V = 1);

/// <summary>A line's end.</summary>
internal sealed record BatchOutcome
{
    public int V { get; init; } = 1;

    public string? CustomId { get; init; }

    /// <summary>The answer; with an <see cref="ErrorCode"/>, what there is of it.</summary>
    public ChatResponse? Response { get; init; }

    public string? ErrorCode { get; init; }

    public string? ErrorMessage { get; init; }

    /// <summary>How often the model was asked.</summary>
    public int Rounds { get; init; }

    /// <summary>US dollars of the last round; null where it is not known.</summary>
    public decimal? Cost { get; init; }

    public DateTimeOffset At { get; init; }
}

/// <summary>What a batch that is over has left with its provider, and when trying to delete it is given up.</summary>
internal sealed record BatchRemains(string Provider, IReadOnlyList<string> Remains, DateTimeOffset Until, int V = 1);

/// <summary>The stored form of batches.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(BatchHead))]
[JsonSerializable(typeof(BatchRequest))]
[JsonSerializable(typeof(BatchPart))]
[JsonSerializable(typeof(BatchLine))]
[JsonSerializable(typeof(BatchTurn))]
[JsonSerializable(typeof(BatchRemains))]
[JsonSerializable(typeof(BatchOutcome))]
internal sealed partial class BatchJson : JsonSerializerContext;
