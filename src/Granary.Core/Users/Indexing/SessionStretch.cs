namespace Granary.Core.Users.Indexing;

/// <summary>What a segment of the index says of one session.</summary>
internal sealed class SessionStretch(string session)
{
    /// <summary>The session.</summary>
    public string Session { get; } = session;

    /// <summary>Its agent.</summary>
    public string? Agent { get; set; }

    /// <summary>Which messages the segment covers.</summary>
    public SequenceCoverage Covered { get; } = new();

    /// <summary>The first sequences of the appends among them, in the order in which they were read.</summary>
    public List<long> Documents { get; } = [];

    /// <summary>Messages, of this segment or an earlier one, that an append among them superseded.</summary>
    public List<(long From, long To)> Superseded { get; } = [];

    /// <summary>Whether it says anything.</summary>
    public bool IsEmpty => Covered.Stretches.Count == 0;
}
