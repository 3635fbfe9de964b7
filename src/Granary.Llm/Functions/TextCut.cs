using System.Globalization;

namespace Granary.Llm.Functions;

/// <summary>Cuts texts that are too long for a model.</summary>
internal static class TextCut
{
    /// <summary>The text, or its beginning and a mark that says how much is missing.</summary>
    /// <param name="text">The text.</param>
    /// <param name="limit">Characters (UTF-16) of it to keep at the most.</param>
    public static string To(string text, int limit)
    {
        if (text.Length <= limit)
        {
            return text;
        }

        var kept = Keep(text, limit);
        return string.Create(CultureInfo.InvariantCulture, $"{text.AsSpan(0, kept)}… [cut: {text.Length - kept} more characters]");
    }

    /// <summary>How many characters to keep so that no character outside the basic plane is split.</summary>
    public static int Keep(ReadOnlySpan<char> text, int limit) => limit > 0 && limit < text.Length && char.IsHighSurrogate(text[limit - 1]) ? limit - 1 : limit;
}
