using System.Text.RegularExpressions;
using Granary.Llm.Functions;

namespace Granary.Llm.Rendering.Repairs;

/// <summary>
/// Names that every provider takes: 1 to 64 letters, digits, <c>_</c> and <c>-</c>. A tool's name that must be changed gets a hash of the whole at its end:
/// two tools stay two, and a name is fitted the same wherever it stands.
/// </summary>
internal static partial class ToolNames
{
    private const int MaxLength = 64;

    /// <summary>What a tool without a name is called.</summary>
    private const string Nameless = "tool";

    /// <summary>The tool's name itself if it is one; otherwise one made from it, which no other name is made into.</summary>
    public static string Fit(string? name) =>
        string.IsNullOrEmpty(name) ? Nameless : name.Length <= MaxLength && !Unwanted().IsMatch(name) ? name : FunctionNames.From(name);

    /// <summary>As <see cref="Fit"/>, for Gemini, which refuses a name that begins with neither letter nor underscore.</summary>
    public static string FitGemini(string? name) => string.IsNullOrEmpty(name) ? Nameless : FunctionNames.From(name);

    /// <summary>A name like the one given for what nobody answers to, such as a schema or a speaker: two may become one.</summary>
    public static string Like(string? name)
    {
        if (string.IsNullOrEmpty(name))
            return Nameless;

        var like = Unwanted().Replace(name, "_");
        return like.Length <= MaxLength ? like : like[..MaxLength];
    }

    [GeneratedRegex("[^a-zA-Z0-9_-]", RegexOptions.CultureInvariant)]
    private static partial Regex Unwanted();
}
