using System.Text.Json.Nodes;
using Granary.Llm.Providers;

namespace Granary.Llm.Batch.Providers;

/// <summary>A provider's batch API. Repeats nothing: the job does, later.</summary>
internal interface IBatchProvider
{
    /// <summary>The provider's name in the settings.</summary>
    string Name { get; }

    BatchType Type { get; }

    /// <summary>The dialect of requests and answers.</summary>
    ChatDialect Dialect { get; }

    /// <summary>The most bytes of requests that one batch takes.</summary>
    int MaxBytes { get; }

    /// <summary>
    /// Whether a batch can be found by its marker. Where not (Anthropic), a crash between submitting and noting the id leaves a batch at the
    /// provider that is paid for and whose answers nobody fetches; the lines are submitted again.
    /// </summary>
    bool CanFind { get; }

    /// <summary>Finds a batch by its marker, among those made since a time.</summary>
    /// <returns>Its id, or null if there is none.</returns>
    /// <exception cref="ProviderException">The provider cannot be asked.</exception>
    Task<ProviderBatch?> FindAsync(string marker, DateTimeOffset since, CancellationToken cancellationToken);

    /// <summary>Makes a batch.</summary>
    /// <exception cref="ProviderException">
    /// The provider refused (a status of 4xx other than 408, 409 and 429), or it is not known whether it took the batch.
    /// </exception>
    Task<ProviderBatch> SubmitAsync(BatchUpload upload, CancellationToken cancellationToken);

    /// <summary>Asks for a batch's state.</summary>
    /// <exception cref="ProviderException">The provider cannot be asked, or does not know it (404).</exception>
    Task<ProviderBatch> GetAsync(string id, CancellationToken cancellationToken);

    /// <summary>Asks the provider to end a batch; one that is over stays as it is.</summary>
    /// <exception cref="ProviderException">The provider cannot be asked.</exception>
    Task CancelAsync(string id, CancellationToken cancellationToken);

    /// <summary>What is left of a batch with the provider, as addresses for <see cref="DeleteAsync"/>.</summary>
    IReadOnlyList<string> RemainsOf(ProviderBatch batch);

    /// <summary>Deletes what is left of a batch; what is not there is no error.</summary>
    /// <exception cref="ProviderException">The provider cannot be asked, or does not delete it (now).</exception>
    Task DeleteAsync(string remains, CancellationToken cancellationToken);

    /// <summary>The lines of a batch that is over, in any order; those that it did not come to may be missing.</summary>
    /// <exception cref="ProviderException">The provider cannot be asked, or the answer broke off.</exception>
    IAsyncEnumerable<ProviderLine> ResultsAsync(ProviderBatch batch, CancellationToken cancellationToken);
}

/// <summary>A batch to submit.</summary>
/// <param name="Marker">What it can be found by.</param>
/// <param name="Model">The model.</param>
/// <param name="Metadata">What the provider keeps with it, where it can.</param>
/// <param name="Lines">The requests, in the provider's dialect, by custom id.</param>
/// <param name="BeforeAsync">Is asked directly before the call that makes the batch; throws if this process must not make it any more.</param>
internal sealed record BatchUpload(
    string Marker,
    string Model,
    IReadOnlyDictionary<string, string> Metadata,
    IReadOnlyList<(string CustomId, JsonObject Body)> Lines,
    Func<CancellationToken, Task> BeforeAsync);

/// <summary>Where a batch is with its provider.</summary>
internal enum ProviderBatchState
{
    /// <summary>It waits, runs or is being cancelled.</summary>
    Running,

    Completed,

    /// <summary>The provider refused it as a whole.</summary>
    Failed,

    /// <summary>The provider's time for it is over; what it did until then can be fetched.</summary>
    Expired,

    /// <summary>It was cancelled; what was done until then can be fetched.</summary>
    Cancelled,
}

/// <summary>A provider's batch.</summary>
internal sealed record ProviderBatch(string Id, ProviderBatchState State, string Status)
{
    /// <summary>The file of the requests.</summary>
    public string? InputFile { get; init; }

    /// <summary>Where the answers are.</summary>
    public string? OutputFile { get; init; }

    /// <summary>Where the errors are.</summary>
    public string? ErrorFile { get; init; }

    /// <summary>Why it failed.</summary>
    public string? Error { get; init; }

    /// <summary>The provider's whole answer, where that holds the results.</summary>
    public JsonObject? Body { get; init; }
}

/// <summary>A line of a provider's results: an answer or an error.</summary>
/// <param name="CustomId">The line's custom id; null where the provider gives none.</param>
/// <param name="Ordinal">Its place among the requests, where the provider answers in their order; else null.</param>
/// <param name="Body">The answer in the provider's dialect.</param>
/// <param name="ErrorCode">Why there is none.</param>
/// <param name="ErrorMessage">The same in words.</param>
internal sealed record ProviderLine(string? CustomId, int? Ordinal, JsonObject? Body, string? ErrorCode = null, string? ErrorMessage = null);
