namespace Granary.Core.Storage;

/// <summary>Which documents of a partition to read, in the order of their ids.</summary>
/// <param name="From">The first id, inclusive.</param>
/// <param name="To">The end, exclusive.</param>
public readonly record struct DocumentRange(string From, string To)
{
    /// <summary>
    /// Begin with the greatest id that is not after <see cref="From"/> and not before this one, if there is such a document; otherwise at
    /// <see cref="From"/>. Null: begin at <see cref="From"/>. Finds the document that covers a number when ids name only where each begins.
    /// </summary>
    public string? Floor { get; init; }

    /// <summary>How many documents a page holds at the most, 1 to <see cref="StorageLimits.MaxDocumentsPerPage"/> (the default).</summary>
    public int Limit { get; init; } = StorageLimits.MaxDocumentsPerPage;

    /// <summary>All documents whose id begins with a prefix that ends in <c>:</c>.</summary>
    /// <param name="prefix">For example <c>m:</c>.</param>
    public static DocumentRange Prefix(string prefix) => new(prefix, UpperBound(prefix));

    /// <summary>The first id after all that begin with <paramref name="prefix"/>.</summary>
    public static string UpperBound(string prefix) => string.Concat(prefix.AsSpan(0, prefix.Length - 1), [(char)(prefix[^1] + 1)]);
}
