namespace Granary.Llm.Batch;

/// <summary>Some batches of a user, the newest first.</summary>
/// <param name="Batches">The batches, without <see cref="BatchInfo.ProviderBatches"/>.</param>
/// <param name="Next">Where the next page begins, or null at the end.</param>
public sealed record BatchPage(IReadOnlyList<BatchInfo> Batches, string? Next);
