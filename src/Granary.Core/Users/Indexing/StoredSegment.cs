namespace Granary.Core.Users.Indexing;

/// <summary>A segment in the store.</summary>
/// <param name="Id">Its document.</param>
/// <param name="Sessions">What it covers.</param>
internal sealed record StoredSegment(string Id, IReadOnlyList<SessionStretch> Sessions)
{
    /// <summary>Whether it has something of a session.</summary>
    public bool Holds(string session) => Sessions.Any(stretch => stretch.Session == session);
}
