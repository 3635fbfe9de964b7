using Granary.Wire;

namespace Granary.Client;

/// <summary>Something that happened to a session.</summary>
public abstract record SessionEvent;

/// <summary>How far the session has come: the first event of a feed, and after each change of epoch or status.</summary>
/// <param name="State">The state.</param>
public sealed record SessionStateEvent(SessionEventData State) : SessionEvent;

/// <summary>A message was appended. Each comes exactly once, in the order of sequences.</summary>
/// <param name="Message">The message.</param>
public sealed record MessageEvent(Message Message) : SessionEvent;

/// <summary>The session was completed: no message follows, the feed ends.</summary>
/// <param name="State">The state, or null if the service gave none.</param>
public sealed record SessionEndedEvent(SessionEventData? State) : SessionEvent;

/// <summary>The session was erased: the feed ends.</summary>
public sealed record SessionDeletedEvent : SessionEvent;
