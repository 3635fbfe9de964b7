namespace Granary;

/// <summary>A session that was started or restored.</summary>
/// <param name="SessionId">Its id.</param>
/// <param name="Restored">Whether it existed and was active.</param>
/// <param name="PreviousSessionId">The completed session that this new one follows, or null.</param>
/// <param name="Context">Its context.</param>
public sealed record StartSessionResult(string SessionId, bool Restored, string? PreviousSessionId, SessionContext Context);
