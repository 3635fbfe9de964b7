using System.Text;

namespace Granary.Llm.Functions;

/// <summary>Splits names and prose into words to compare.</summary>
internal static class Words
{
    /// <summary>
    /// The words of a text in small letters: runs of letters and digits, <c>camelCase</c> and <c>snake_case</c> taken apart, a plural's <c>s</c>
    /// taken away.
    /// </summary>
    public static IEnumerable<string> Of(string text)
    {
        var word = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            var current = text[i];
            var begins = char.IsUpper(current)
                && i > 0
                && (char.IsLower(text[i - 1]) || (char.IsUpper(text[i - 1]) && i + 1 < text.Length && char.IsLower(text[i + 1])));
            if ((begins || !char.IsLetterOrDigit(current)) && word.Length > 0)
            {
                yield return Fold(word);
                word.Clear();
            }

            if (char.IsLetterOrDigit(current))
            {
                word.Append(char.ToLowerInvariant(current));
            }
        }

        if (word.Length > 0)
        {
            yield return Fold(word);
        }
    }

    /// <summary>How often each word is in a text, and how many words it has.</summary>
    public static (IReadOnlyDictionary<string, int> Counts, int Length) Count(string text)
    {
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        var length = 0;
        foreach (var word in Of(text))
        {
            counts[word] = counts.GetValueOrDefault(word) + 1;
            length++;
        }

        return (counts, length);
    }

    private static string Fold(StringBuilder word) =>
        word.Length > 3 && word[^1] == 's' && word[^2] != 's' ? word.ToString(0, word.Length - 1) : word.ToString();
}
