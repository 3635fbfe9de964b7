using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Granary.Llm.Batch;

namespace Granary.Http.BatchJobs;

/// <summary>Body of <c>POST /v1/batches</c>, and the first line of one that comes as JSON Lines.</summary>
internal sealed record CreateBatchRequest
{
    /// <summary>The model of all lines.</summary>
    public string? Model { get; init; }

    /// <summary>Questions, a line each; not together with <see cref="Lines"/>.</summary>
    public IReadOnlyList<string>? Questions { get; init; }

    /// <summary>Lines; not together with <see cref="Questions"/>.</summary>
    public IReadOnlyList<BatchLineRequest>? Lines { get; init; }

    /// <summary>Instructions before each question.</summary>
    public string? System { get; init; }

    /// <summary>Randomness of the answers to questions, 0 to 2.</summary>
    public double? Temperature { get; init; }

    /// <summary>Tokens that an answer to a question may have.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>The user, where neither key nor header names one; a service key may leave it out.</summary>
    public string? UserId { get; init; }

    /// <summary>The agent, for the figures of usage.</summary>
    public string? AgentId { get; init; }

    /// <summary>Defaults for size, time and priority.</summary>
    public BatchPreset Preset { get; init; }

    /// <summary>Lines in a part, 1 to 1000.</summary>
    public int? BatchSize { get; init; }

    /// <summary>Seconds after which what is not answered fails.</summary>
    public int? TimeoutSeconds { get; init; }

    /// <summary>1 to 5, 1 is done first.</summary>
    public int? Priority { get; init; }

    /// <summary>How often a provider that cannot be asked is tried again.</summary>
    public int? MaxRetries { get; init; }

    /// <summary>Names of registered functions that the model may call.</summary>
    public IReadOnlyList<string>? Tools { get; init; }

    /// <summary>How often the model is asked for one line at the most; above 1 only with tools.</summary>
    public int? MaxIterations { get; init; }

    /// <summary>Whether the provider's batch API may be used; true if left out.</summary>
    public bool? UseProviderBatches { get; init; }
}

/// <summary>A line of a batch.</summary>
internal sealed record BatchLineRequest
{
    /// <summary>The caller's id of the line; by default the batch's id, an underscore and the line's number from 0.</summary>
    public string? CustomId { get; init; }

    /// <summary>A question; not together with <see cref="Body"/>.</summary>
    public string? Question { get; init; }

    /// <summary>A body of chat completions as OpenAI has it; its model, if there, must be the batch's.</summary>
    public JsonElement? Body { get; init; }
}

/// <summary>A line of <c>GET /v1/batches/{batch_id}/results</c>: as OpenAI's output files have it.</summary>
/// <param name="CustomId">The line's id.</param>
/// <param name="Index">The line, from 0.</param>
/// <param name="Response">The answer, or null; with an error, what there is of it.</param>
/// <param name="Error">Why there is no whole answer, or null.</param>
/// <param name="Rounds">How often the model was asked.</param>
/// <param name="Cost">US dollars of the last round, or null where that is not known.</param>
internal sealed record BatchLineResponse(string CustomId, int Index, BatchAnswer? Response, BatchLineError? Error, int Rounds, decimal? Cost);

/// <summary>An answer.</summary>
/// <param name="StatusCode">200.</param>
/// <param name="Body">A body of chat completions as OpenAI has it.</param>
internal sealed record BatchAnswer(int StatusCode, JsonObject Body);

/// <summary>Why a line has no whole answer.</summary>
/// <param name="Code">The case.</param>
/// <param name="Message">The case in words.</param>
internal sealed record BatchLineError(string Code, string? Message);

/// <summary>The JSON of the routes of batches.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectNullableAnnotations = true, MaxDepth = 64)]
[JsonSerializable(typeof(CreateBatchRequest))]
[JsonSerializable(typeof(BatchLineRequest))]
[JsonSerializable(typeof(BatchInfo))]
[JsonSerializable(typeof(BatchPage))]
[JsonSerializable(typeof(BatchLineResponse))]
internal sealed partial class BatchWireJson : JsonSerializerContext;
