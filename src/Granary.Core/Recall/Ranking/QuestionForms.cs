using System.Text.RegularExpressions;

namespace Granary.Core.Recall.Ranking;

/// <summary>Tells what sort of answer a question wants.</summary>
internal static partial class QuestionForms
{
    /// <summary>Whether the answer is a time.</summary>
    public static bool AsksWhen(string text) => When().IsMatch(text);

    /// <summary>Whether the answer is a number.</summary>
    public static bool AsksHowMany(string text) => HowMany().IsMatch(text);

    /// <summary>Whether the answer was said by the assistant: "what did you recommend".</summary>
    public static bool AsksAssistant(string text) => Assistant().IsMatch(text);

    [GeneratedRegex(@"\b(when|what (date|day|month|year|time)|how long|which (day|month|year|date))\b", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex When();

    [GeneratedRegex(@"\b(how (many|much|old|long|often)|what number)\b", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex HowMany();

    [GeneratedRegex(
        @"\b(you|your|assistant)\b.{0,24}\b(said|say|told|tell|recommend\w*|suggest\w*|advi[sc]e\w*|mention\w*|gave|provid\w*|list\w*|explain\w*|wrote|answer\w*|propos\w*)\b"
        + @"|\b(remind me|our (previous|last|earlier)|previous (chat|conversation)|you('d| had)? (said|told))\b",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Assistant();
}
