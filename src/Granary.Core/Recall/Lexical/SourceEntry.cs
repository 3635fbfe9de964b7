namespace Granary.Core.Recall.Lexical;

/// <summary>A session or a record, as the index knows it.</summary>
internal sealed class SourceEntry(string id, int number, bool isSession)
{
    /// <summary>The session's or the record's id.</summary>
    public string Id { get; } = id;

    /// <summary>Its number in the index.</summary>
    public int Number { get; } = number;

    /// <summary>Whether it is a session.</summary>
    public bool IsSession { get; } = isSession;

    /// <summary>Its newest passage, or <see cref="UnitEntry.None"/>.</summary>
    public int Last = UnitEntry.None;

    /// <summary>Of a session: its passages in the order of their sequences, for the writer to find one among many.</summary>
    public readonly List<int> Order = [];

    /// <summary>Passages alive.</summary>
    public int Count;

    /// <summary>Terms of the passages alive.</summary>
    public int Length;

    /// <summary>What else is known of a record.</summary>
    public RecordEntry Record;
}
