namespace Granary;

/// <summary>How far a session has come: what a watcher compares with what it has seen.</summary>
/// <param name="LastSequence">The sequence of the last message.</param>
/// <param name="Epoch">The compaction epoch.</param>
/// <param name="Status">Where it is in its life.</param>
public readonly record struct SessionChange(long LastSequence, int Epoch, SessionStatus Status);
