namespace Granary.Core.Recall.Lexical;

/// <summary>What the index keeps of a passage: a unit, or one of several parts of a long one.</summary>
internal struct UnitEntry
{
    /// <summary>No unit.</summary>
    public const int None = -1;

    /// <summary>Seconds since 1970.</summary>
    public long Time;

    /// <summary>The message's sequence; 0 for a record.</summary>
    public long Sequence;

    /// <summary>The number of the session or record.</summary>
    public int Source;

    /// <summary>The passage before it in its session or record, or <see cref="None"/>.</summary>
    public int Previous;

    /// <summary>The passage after it, or <see cref="None"/>.</summary>
    public int Next;

    /// <summary>Where its terms begin.</summary>
    public int Terms;

    /// <summary>Tokens of the whole unit.</summary>
    public int Tokens;

    /// <summary>The number of the speaker's name, or <see cref="None"/>.</summary>
    public int Name;

    /// <summary>The number of the agent.</summary>
    public int Agent;

    /// <summary>Different terms.</summary>
    public ushort TermCount;

    /// <summary>Terms, repeated ones counted.</summary>
    public ushort Length;

    /// <summary>What it is.</summary>
    public UnitKind Kind;

    /// <summary>Who speaks.</summary>
    public MessageRole Role;

    /// <summary>What is known of its text.</summary>
    public UnitTraits Traits;

    /// <summary>Whether it is of a session.</summary>
    public readonly bool IsMessage => Kind == UnitKind.Message;

    /// <summary>Whether it was removed.</summary>
    public readonly bool IsRemoved => (Traits & UnitTraits.Removed) != 0;
}

/// <summary>What is known of a passage beside its terms. The numbers are stored, but for <see cref="Removed"/>.</summary>
[Flags]
internal enum UnitTraits : byte
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Its last sentence asks.</summary>
    Question = 1,

    /// <summary>It has a word of time: yesterday, last week, in May, 2019.</summary>
    Time = 2,

    /// <summary>It has a number.</summary>
    Number = 8,

    /// <summary>Not the first passage of its unit.</summary>
    Continued = 4,

    /// <summary>Its unit speaks of the one who says it: "I", "my".</summary>
    FirstPerson = 16,

    /// <summary>It names someone or something other than the speakers.</summary>
    Name = 32,

    /// <summary>A record that only repeats messages.</summary>
    Repeats = 64,

    /// <summary>It was removed: never shown.</summary>
    Removed = 128,
}

/// <summary>What the index keeps of a record beside its <see cref="UnitEntry"/>.</summary>
internal struct RecordEntry
{
    /// <summary>Seconds since 1970 from when it holds; <see cref="long.MinValue"/> for always.</summary>
    public long ValidFrom;

    /// <summary>Seconds since 1970 until when it holds; <see cref="long.MaxValue"/> for open.</summary>
    public long ValidTo;

    /// <summary>Importance in 1/255.</summary>
    public byte Importance;

    /// <summary>Confidence in 1/255.</summary>
    public byte Confidence;

    /// <summary>Times recalled.</summary>
    public ushort Accesses;
}
