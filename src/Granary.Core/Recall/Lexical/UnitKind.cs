namespace Granary.Core.Recall.Lexical;

/// <summary>What a unit of recall is. The numbers are stored.</summary>
internal enum UnitKind : byte
{
    /// <summary>A message of a session.</summary>
    Message = 0,

    /// <summary>A memory record: a fact.</summary>
    Fact = 1,

    /// <summary>A memory record: an insight.</summary>
    Insight = 2,

    /// <summary>A memory record: a summary.</summary>
    Summary = 3,

    /// <summary>A memory record: an interaction.</summary>
    Interaction = 4,

    /// <summary>A memory record: a profile.</summary>
    Profile = 5,
}
