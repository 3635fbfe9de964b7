using Granary.Core.Storage.Paged;

namespace Granary.Orleans.Storage;

/// <summary>The due lists as the grains keep them.</summary>
/// <param name="Stored">The lists in the storage.</param>
internal sealed record DueLists(PartitionDueList Stored);
