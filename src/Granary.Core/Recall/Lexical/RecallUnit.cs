namespace Granary.Core.Recall.Lexical;

/// <summary>Something that can be recalled, as it is given to the index: a message of a session, or a memory record.</summary>
internal sealed record RecallUnit
{
    /// <summary>What it is.</summary>
    public UnitKind Kind { get; init; }

    /// <summary>The session's id for a message, else the record's.</summary>
    public required string Source { get; init; }

    /// <summary>The message's sequence in its session, 1 or more; 0 for a record.</summary>
    public long Sequence { get; init; }

    /// <summary>Who speaks; of a message only.</summary>
    public MessageRole Role { get; init; }

    /// <summary>The speaker's name, if there is one. Where the text begins with it and a colon, both are left out of the text.</summary>
    public string? Name { get; init; }

    /// <summary>The agent it belongs to.</summary>
    public string Agent { get; init; } = "default";

    /// <summary>When it was said or, of a record, when what it tells happened. Kept to the second.</summary>
    public DateTimeOffset Time { get; init; }

    /// <summary>Whether a record says nothing but what messages say, in their words.</summary>
    public bool Repeats { get; init; }

    /// <summary>What was said.</summary>
    public required string Text { get; init; }

    /// <summary>Tokens that it costs in a prompt, 0 or more.</summary>
    public int Tokens { get; init; }

    /// <summary>From when a record holds; null for always. Kept to the second.</summary>
    public DateTimeOffset? ValidFrom { get; init; }

    /// <summary>Until when a record holds; null for open. Kept to the second.</summary>
    public DateTimeOffset? ValidTo { get; init; }

    /// <summary>How much a record matters, 0 to 1. Kept to 1/255.</summary>
    public float Importance { get; init; } = 0.5f;

    /// <summary>How sure a record is, 0 to 1. Kept to 1/255.</summary>
    public float Confidence { get; init; } = 1;

    /// <summary>How often a record was recalled, 0 or more; counted to 65,535.</summary>
    public int Accesses { get; init; }
}
