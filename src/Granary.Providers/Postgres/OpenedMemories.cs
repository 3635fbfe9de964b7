namespace Granary.Providers.Postgres;

/// <summary>A database that is ready, and what works over it.</summary>
/// <param name="Recall">Finds memories.</param>
/// <param name="Vectors">The quoted schema of the extension <c>vector</c>, or null where no vectors are kept.</param>
/// <param name="ModelKey">The key of the embedder's model, or null where there is none.</param>
/// <param name="Backfill">Gives vectors to memories that have none, or null where no vectors are kept.</param>
internal sealed record OpenedMemories(HybridRecall Recall, string? Vectors, string? ModelKey, EmbeddingBackfill? Backfill);
