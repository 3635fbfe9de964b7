using System.Globalization;
using System.Text.RegularExpressions;

namespace Granary.Llm.Rendering.Dialects;

/// <summary>What a model's name says of the requests that it takes.</summary>
internal static partial class ModelFamilies
{
    /// <summary>OpenAI's reasoning models: <c>max_completion_tokens</c>, no sampling, no stop texts.</summary>
    public static bool IsOpenAIReasoning(string model) => Bare(model) is var name && (IsO(name) || Gpt().IsMatch(name));

    /// <summary>OpenAI's first reasoning models, which also refuse to be told about parallel calls.</summary>
    public static bool IsO(string model) => OSeries().IsMatch(Bare(model));

    /// <summary>The generation of OpenAI's models after the fourth, such as 5.1; 0 for any other name.</summary>
    public static double Generation(string model) => Gpt().IsMatch(Bare(model)) ? Version(model) : 0;

    /// <summary>The version in a name such as <c>claude-sonnet-4-5-20250929</c> (4.5), <c>claude-3-7-sonnet-latest</c> (3.7) or <c>gemini-2.5-flash</c>; 0 if there is none.</summary>
    public static double Version(string model)
    {
        var match = Numbers().Match(Bare(model));
        return match.Success
            ? double.Parse($"{match.Groups[1].Value}.{(match.Groups[2].Success ? match.Groups[2].Value : "0")}", CultureInfo.InvariantCulture)
            : 0;
    }

    /// <summary>The name without a provider before it.</summary>
    public static string Bare(string model) => model[(model.LastIndexOf('/') + 1)..];

    [GeneratedRegex(@"^o\d", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex OSeries();

    [GeneratedRegex(@"^gpt-[5-9]", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Gpt();

    // A date (20250514) is no part of the version.
    [GeneratedRegex(@"-(\d)(?:[.-](\d))?(?!\d)", RegexOptions.CultureInvariant)]
    private static partial Regex Numbers();
}
