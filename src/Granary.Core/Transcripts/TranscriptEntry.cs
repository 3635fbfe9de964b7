namespace Granary.Core.Transcripts;

/// <summary>A message of the active transcript with what the engine knows of it.</summary>
/// <param name="Message">The message.</param>
/// <param name="Tokens">Its tokens, counted when it was appended.</param>
/// <param name="Document">The first sequence of the append that it came in: the number of its document.</param>
/// <param name="LastAccess">A counter of the activation at the time it was last read on its own; 0 if never.</param>
public readonly record struct TranscriptEntry(Message Message, int Tokens, long Document, long LastAccess = 0);
