namespace Granary.Sample.Replay.Replay;

/// <summary>What became of a session.</summary>
/// <param name="Conversation">The conversation.</param>
/// <param name="UserId">Its user.</param>
/// <param name="SessionId">The session.</param>
/// <param name="Messages">Messages since it began.</param>
/// <param name="Turns">Turns since it began.</param>
/// <param name="WholeTokens">Tokens of all its messages.</param>
/// <param name="ContextTokens">Tokens of its context as the service keeps it.</param>
/// <param name="CompactTokens">Tokens of its context after it was compacted on demand.</param>
/// <param name="Epoch">Its compaction epoch at the end.</param>
internal sealed record SessionOutcome(
    string Conversation, string UserId, string SessionId, long Messages, int Turns, long WholeTokens, int ContextTokens, int CompactTokens, int Epoch);
