using System.Text.RegularExpressions;

namespace Granary.Core.Recall.Ranking;

/// <summary>Tells what sort of answer a question wants.</summary>
internal static partial class QuestionForms
{
    /// <summary>Whether the answer is a time.</summary>
    public static bool AsksWhen(string text) => When().IsMatch(text);

    /// <summary>Whether it is of the one who asks: "my", "I".</summary>
    public static bool AsksOfAsker(string text) => Asker().IsMatch(text);

    /// <summary>Whether the answer is a number.</summary>
    public static bool AsksHowMany(string text) => HowMany().IsMatch(text);

    /// <summary>Whether the answer has a name: of a person, a place, a work, a product.</summary>
    public static bool AsksName(string text) => Name().IsMatch(text);

    /// <summary>Whether the answer was said by the assistant: "what did you recommend".</summary>
    public static bool AsksAssistant(string text) => Assistant().IsMatch(text);

    [GeneratedRegex(@"\b(when|what (date|day|month|year|time)|how long|which (day|month|year|date))\b", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex When();

    [GeneratedRegex(@"\b(I|my|me|mine|myself|we|our|us)\b", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Asker();

    [GeneratedRegex(@"\b(how (many|much|old|long|often)|what number)\b", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex HowMany();

    [GeneratedRegex(
        @"\b(you|your|assistant)\b.{0,24}\b(said|say|told|tell|recommend\w*|suggest\w*|advi[sc]e\w*|mention\w*|gave|provid\w*|list\w*|explain\w*|wrote|answer\w*|propos\w*)\b"
        + @"|\b(remind me|our (previous|last|earlier)|previous (chat|conversation)|you('d| had)? (said|told))\b",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Assistant();

    [GeneratedRegex(
        @"\b(who|whose|whom|where|which|names?|named|called|titles?|nicknames?"
        + @"|(what|kinds? of|types? of|any|some) (\w+ ){0,3}(books?|novels?|authors?|writers?|poets?|poems?|movies?|films?|documentar(y|ies)|shows?|series|games?"
        + @"|songs?|albums?|bands?|artists?|musicians?|singers?|groups?|actors?|actress(es)?|directors?|characters?|podcasts?|cit(y|ies)|towns?|countr(y|ies)"
        + @"|states?|places?|locations?|areas?|regions?|neighborhoods?|streets?|islands?|parks?|museums?|restaurants?|cafes?|bars?|stores?|shops?|hotels?"
        + @"|compan(y|ies)|brands?|teams?|clubs?|schools?|universit(y|ies)|colleges?|languages?|apps?|websites?|sites?|software|platforms?|programs?|products?"
        + @"|models?|consoles?|holidays?|festivals?|persons?|people|friends?|players?|painters?|composers?|magazines?|newspapers?|channels?|airlines?))\b",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Name();
}
