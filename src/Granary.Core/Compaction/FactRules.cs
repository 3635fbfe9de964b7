namespace Granary.Core.Compaction;

/// <summary>What holds for the facts of every snapshot.</summary>
internal static class FactRules
{
    /// <summary>The longest fact in characters.</summary>
    public const int MaxLength = 500;

    private const string Cut = "\u2026";

    /// <summary>How many facts of a kind a snapshot keeps.</summary>
    public static int Most(FactKind kind) => kind == FactKind.DurableFact ? 8 : 6;

    /// <summary>The salience of a kind, to which up to 99 may be added.</summary>
    public static int Base(FactKind kind) => 500 - (100 * (int)kind);

    /// <summary>A fact's text on one line, with single spaces, cut where it is too long.</summary>
    public static string Clip(string text)
    {
        var clean = string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        if (clean.Length <= MaxLength)
        {
            return clean;
        }

        var end = MaxLength - Cut.Length;
        return clean[..(char.IsHighSurrogate(clean[end - 1]) ? end - 1 : end)] + Cut;
    }
}
