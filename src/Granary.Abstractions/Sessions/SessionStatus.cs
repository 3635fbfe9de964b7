using System.Text.Json.Serialization;
using Granary.Serialization;

namespace Granary;

/// <summary>Where a session is in its life.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<SessionStatus>))]
public enum SessionStatus
{
    /// <summary>Takes messages.</summary>
    Active,

    /// <summary>Ended: can be read, takes no more messages.</summary>
    Completed,
}
