using System.Text.Json.Serialization;
using Granary.Serialization;

namespace Granary.Wire;

/// <summary>Kinds of events of <c>GET /sessions/{session_id}/events</c>: the <c>event</c> field.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<SessionEventKind>))]
public enum SessionEventKind
{
    /// <summary>The first event of each connection, and after each change of epoch or status: how far the session has come.</summary>
    Session,

    /// <summary>A message; its <c>id</c> is its sequence.</summary>
    Message,

    /// <summary>The session was completed; no message follows.</summary>
    Ended,

    /// <summary>The session was erased; the feed ends.</summary>
    Deleted,
}

/// <summary>The data of every event but <see cref="SessionEventKind.Message"/>, whose data is the message.</summary>
/// <param name="SessionId">The session.</param>
/// <param name="Status">Where it is in its life.</param>
/// <param name="Epoch">The compaction epoch.</param>
/// <param name="LastSequence">The sequence of the last message.</param>
public sealed record SessionEventData(string SessionId, SessionStatus Status, int Epoch, long LastSequence);
