namespace Granary.Core.Compaction.Extraction;

/// <summary>Hashes words so that case does not matter. The same in every process (FNV-1a, 64 bits).</summary>
internal static class WordHash
{
    private const ulong Basis = 14695981039346656037;
    private const ulong Prime = 1099511628211;

    /// <summary>The hash of a word in small letters; typographic apostrophes count as plain ones.</summary>
    public static ulong Of(ReadOnlySpan<char> word)
    {
        var hash = Basis;
        foreach (var c in word)
        {
            hash = (hash ^ Fold(c)) * Prime;
        }

        return hash;
    }

    private static char Fold(char c) => c switch
    {
        < (char)0x80 => c is >= 'A' and <= 'Z' ? (char)(c | 0x20) : c,
        '\u2019' => '\'',
        _ => char.ToLowerInvariant(c),
    };
}
