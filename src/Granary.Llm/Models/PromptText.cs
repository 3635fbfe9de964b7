using System.Text.RegularExpressions;

namespace Granary.Llm.Models;

/// <summary>Texts of others within a text of ours that has one entry to a line: none of them may begin an entry, a heading or a tag of its own.</summary>
internal static partial class PromptText
{
    /// <summary>What a line goes on with: too deep for a heading of Markdown, which three spaces still leave one.</summary>
    private const string Continued = "\n    ";

    /// <summary>A text on one line, its runs of white space one space each.</summary>
    public static string OneLine(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    /// <summary>A text with its lines, all but the first indented.</summary>
    public static string Indented(string text) => text.AsSpan().ContainsAny("\n\r\v\f\u0085\u2028\u2029") ? LineBreaks().Replace(text, Continued) : text;

    /// <summary>A text that cannot end the tags that it stands between.</summary>
    public static string Inside(string text) => text.Replace("</", "<\u2215", StringComparison.Ordinal);

    [GeneratedRegex("\r\n|[\n\r\v\f\u0085\u2028\u2029]", RegexOptions.CultureInvariant)]
    private static partial Regex LineBreaks();
}
