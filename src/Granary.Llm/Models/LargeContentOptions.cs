namespace Granary.Llm.Models;

/// <summary>How content that is too large for one call is divided, and how the values of its parts become one.</summary>
public sealed class LargeContentOptions
{
    /// <summary>By what it is divided; characters by default.</summary>
    public ContentUnit Unit { get; init; } = ContentUnit.Characters;

    /// <summary>How many units a part has at the most, 1 or more; 4,000 by default, which is meant for characters.</summary>
    public int Size { get; init; } = 4_000;

    /// <summary>How the values of the parts become one; all of them together by default.</summary>
    public PartMerge Merge { get; init; } = PartMerge.Merge;

    /// <summary>Parts that may be asked about at a time, 1 or more; 4 by default.</summary>
    public int MaxConcurrentParts { get; init; } = 4;

    /// <summary>Parts at the most, 1 or more; 1,000 by default. Each is a call that costs.</summary>
    public int MaxParts { get; init; } = 1_000;

    /// <summary>Checks the settings.</summary>
    /// <exception cref="ArgumentException">One is wrong; the message names it and says what would do.</exception>
    internal void Validate()
    {
        if (!Enum.IsDefined(Unit) || !Enum.IsDefined(Merge))
        {
            throw new ArgumentException("Unit and Merge must be values of their enumerations.");
        }

        foreach (var (name, value) in new[] { (nameof(Size), Size), (nameof(MaxConcurrentParts), MaxConcurrentParts), (nameof(MaxParts), MaxParts) })
        {
            if (value < 1)
            {
                throw new ArgumentException($"{name} of LargeContentOptions must be 1 or more, not {value}.");
            }
        }
    }
}

/// <summary>By what content is divided.</summary>
public enum ContentUnit
{
    /// <summary>Characters (UTF-16). A part ends, where it can, at the end of a paragraph, a line or a word.</summary>
    Characters,

    /// <summary>Tokens, as the model's are counted. A part ends as with characters.</summary>
    Tokens,

    /// <summary>Records: the elements of a JSON array, otherwise the lines that are not blank. No record is divided.</summary>
    Records,
}

/// <summary>How the values of parts become one.</summary>
public enum PartMerge
{
    /// <summary>The value of the last part that has one; parts are asked about from the end, until there is one.</summary>
    Last,

    /// <summary>The value of the first part that has one; parts are asked about from the beginning, until there is one.</summary>
    First,

    /// <summary>
    /// All values: objects member by member, lists one after another without what is in them already; of other values, the last that is neither null nor
    /// an empty text.
    /// </summary>
    Merge,
}
