using System.Text.Json.Serialization;
using Granary.Serialization;

namespace Granary;

/// <summary>What kind of thing a memory record says.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<MemoryKind>))]
public enum MemoryKind
{
    /// <summary>Something that is so: a name, a number, a decision.</summary>
    Fact,

    /// <summary>Something about the user that was concluded: a preference, a goal, a habit. Its category says which.</summary>
    Insight,

    /// <summary>What a session was about.</summary>
    Summary,

    /// <summary>A stretch of a session in words.</summary>
    Interaction,

    /// <summary>The user in words.</summary>
    Profile,
}

/// <summary>Where a memory record is in its life.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<MemoryState>))]
public enum MemoryState
{
    /// <summary>Recalled.</summary>
    Active,

    /// <summary>Recalled; its time ends within seven days.</summary>
    Expiring,

    /// <summary>Its time is over: listed where asked for, not recalled.</summary>
    Expired,

    /// <summary>Put aside by a policy: listed where asked for, not recalled, may be restored.</summary>
    Archived,

    /// <summary>Deleted: listed where asked for, not recalled, may be restored until it is purged.</summary>
    Deleted,
}

/// <summary>How the text of a memory record came about. Callers cannot give it.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<MemoryOrigin>))]
public enum MemoryOrigin
{
    /// <summary>A caller said it: gave the text, or changed it, or gave the same text as was learned.</summary>
    Told,

    /// <summary>Learned from messages without a model, still in their words, and never changed by a caller: it says what recall finds in the messages anyway.</summary>
    Repeated,

    /// <summary>Learned from messages: concluded or worded by a model, or changed by a caller other than in its text.</summary>
    Learned,

    /// <summary>Made of other memories: a profile, or what several insights have in common.</summary>
    Synthesized,
}

/// <summary>How much a memory record matters.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<MemoryImportance>))]
public enum MemoryImportance
{
    /// <summary>Good to know.</summary>
    Low,

    /// <summary>The usual.</summary>
    Medium,

    /// <summary>Must not be missed.</summary>
    High,
}
