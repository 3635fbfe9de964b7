namespace Granary;

/// <summary>A page of a session's export.</summary>
/// <param name="Records">The records, in order.</param>
/// <param name="Next">What to ask for next, or null at the end.</param>
public sealed record SessionExportPage(IReadOnlyList<SessionRecord> Records, string? Next);
