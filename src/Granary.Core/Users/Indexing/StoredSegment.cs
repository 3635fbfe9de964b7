namespace Granary.Core.Users.Indexing;

/// <summary>A segment in the store.</summary>
/// <param name="Id">Its document.</param>
/// <param name="Sessions">What it covers; empty if it cannot be used.</param>
internal sealed record StoredSegment(string Id, IReadOnlyList<SessionStretch> Sessions)
{
    /// <summary>Whether it may have something of a session; one that cannot be used may have anything.</summary>
    public bool Holds(string session) => Sessions.Count == 0 || Sessions.Any(stretch => stretch.Session == session);
}
