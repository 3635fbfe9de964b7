using System.Text.RegularExpressions;

namespace Granary.Llm.Rendering.Repairs;

/// <summary>Names that every provider takes: 1 to 64 letters, digits, <c>_</c> and <c>-</c>.</summary>
internal static partial class ToolNames
{
    private const int MaxLength = 64;

    /// <summary>The name itself if it is one; otherwise one made from it.</summary>
    public static string Fit(string? name)
    {
        if (string.IsNullOrEmpty(name))
            return "tool";

        var fit = Unwanted().Replace(name, "_");
        return fit.Length <= MaxLength ? fit : fit[..MaxLength];
    }

    /// <summary>As <see cref="Fit"/>, and begun with an underscore where it begins with neither letter nor underscore, which Gemini refuses.</summary>
    public static string FitGemini(string? name)
    {
        var fit = Fit(name);
        return char.IsAsciiLetter(fit[0]) || fit[0] == '_' ? fit : '_' + fit[..Math.Min(fit.Length, MaxLength - 1)];
    }

    [GeneratedRegex("[^a-zA-Z0-9_-]", RegexOptions.CultureInvariant)]
    private static partial Regex Unwanted();
}
