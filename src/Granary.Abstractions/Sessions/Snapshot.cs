using System.Text.Json.Serialization;
using Granary.Serialization;

namespace Granary;

/// <summary>What a session's folded part says, without its system messages. Immutable; the same input gives the same bytes.</summary>
/// <param name="Episodes">Summaries of what happened, oldest first.</param>
/// <param name="Facts">Facts of lasting worth, by kind and salience.</param>
/// <param name="Topics">The words that the folded part is about, at most 5, the most telling first.</param>
public sealed record Snapshot(IReadOnlyList<Episode> Episodes, IReadOnlyList<SemanticFact> Facts, IReadOnlyList<string> Topics)
{
    /// <summary>Nothing was folded.</summary>
    public static Snapshot Empty { get; } = new([], [], []);
}

/// <summary>A summary of a stretch of the conversation.</summary>
/// <param name="FirstSequence">The first message it covers.</param>
/// <param name="LastSequence">The last message it covers.</param>
/// <param name="Summary">What happened.</param>
public sealed record Episode(long FirstSequence, long LastSequence, string Summary);

/// <summary>Kinds of facts, in the order of their weight and of the snapshot's sections.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<FactKind>))]
public enum FactKind
{
    /// <summary>Something is wrong and matters.</summary>
    CriticalIssue,

    /// <summary>Something is still to be done or answered.</summary>
    UnresolvedWork,

    /// <summary>What the user likes, wants or refuses.</summary>
    UserPreference,

    /// <summary>A name, number, date, decision or other fact that stays true.</summary>
    DurableFact,

    /// <summary>A file, address, identifier or other thing that will be needed again.</summary>
    ImportantArtifact,
}

/// <summary>A fact of lasting worth.</summary>
/// <param name="Kind">What kind of fact.</param>
/// <param name="Text">The fact, at most 500 characters.</param>
/// <param name="Salience">Its weight; the higher the longer it is kept. The base is 500, 400, 300, 200, 100 by kind.</param>
/// <param name="Sequence">The message it comes from.</param>
public sealed record SemanticFact(FactKind Kind, string Text, int Salience, long Sequence);
