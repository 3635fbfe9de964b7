using System.Text.RegularExpressions;
using Granary.Core.Compaction;

namespace Granary.Llm.Models;

/// <summary>Makes facts of a model's lists: of one text the weightiest kind, so many of each kind, weighed by kind and place in the list.</summary>
internal static partial class SummaryFacts
{
    /// <summary>How many of a list are looked at.</summary>
    private const int MaxListed = 20;

    /// <summary>The facts, the weightiest kind first.</summary>
    /// <param name="answer">What the model wrote.</param>
    /// <param name="first">The first message that was summarized.</param>
    /// <param name="last">The last message that was summarized: where a fact comes from that does not say.</param>
    public static IReadOnlyList<SemanticFact> Of(SummaryAnswer answer, long first, long last)
    {
        var facts = new List<SemanticFact>();
        var known = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var kind in Enum.GetValues<FactKind>())
        {
            var rank = 0;
            foreach (var item in answer.Of(kind).Take(MaxListed))
            {
                var text = FactRules.Clip(item.Fact);
                if (text.Length > 0 && !Noise().IsMatch(text) && rank < FactRules.Most(kind) && known.Add(text))
                {
                    var sequence = item.Message is { } message && message >= first && message <= last ? message : last;
                    facts.Add(new SemanticFact(kind, text, FactRules.Base(kind) - rank++, sequence));
                }
            }
        }

        return facts;
    }

    /// <summary>
    /// What models write where there is nothing to say, and what belongs to the running of tools and not to the conversation: it would take the
    /// place of facts for as long as the session lives.
    /// </summary>
    [GeneratedRegex(
        """
        ^(?: (?:none|nothing|n/?a|null|unknown|not\ applicable|-+) (?:\ (?:found|noted|identified|reported|mentioned|so\ far))?
           | no\ (?:\w+\ ){0,3}(?:issues?|problems?|work|tasks?|facts?|preferences?|artifacts?|items?)(?:\ (?:were|was|are|is|have\ been))?(?:\ (?:found|noted|identified|reported|mentioned|pending|remaining|stated))?
           | (?:the\ )?(?:assistant|agent|model)\ (?:is\ ready|is\ waiting|awaits?|will\ wait|acknowledged)\b.*
           | (?:the\ )?(?:\S+\ )?(?:tool|function)\ (?:calls?|executions?|runs?)\ (?:\S+\ ){0,3}(?:success\w*|completed|succeeded|executed|finished)(?:\ success\w*)?
        )[.!]*$
        """,
        RegexOptions.IgnoreCase | RegexOptions.IgnorePatternWhitespace | RegexOptions.CultureInvariant,
        matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Noise();
}
