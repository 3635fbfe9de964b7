namespace Granary.Core.Users.Indexing;

/// <summary>A segment of vectors in the store.</summary>
/// <param name="Id">Its document.</param>
/// <param name="Units">The units of the activation that its rows became. Some may have gone or have another number since.</param>
/// <param name="Sessions">The sessions that have a message in it.</param>
internal sealed record StoredVectors(string Id, List<int> Units, HashSet<string> Sessions);
