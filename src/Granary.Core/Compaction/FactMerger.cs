namespace Granary.Core.Compaction;

/// <summary>Joins what was known with what is new.</summary>
internal static class FactMerger
{
    /// <summary>What a fact gains when it is said again.</summary>
    private const int Repetition = 5;

    private const int MaxBonus = 99;

    /// <summary>
    /// The facts, by kind and salience, the newer first where they are alike, and of each kind no more than a snapshot keeps. Facts that
    /// differ only in case and white space are one, of the weightier kind. A newer fact takes the place of an older one about the same
    /// single-valued thing (<see cref="FactSubject"/>); others that contradict each other stay both.
    /// </summary>
    public static IReadOnlyList<SemanticFact> Merge(IEnumerable<SemanticFact> known, IEnumerable<SemanticFact> found)
    {
        var facts = new Dictionary<string, SemanticFact>(StringComparer.OrdinalIgnoreCase);
        foreach (var fact in known.Concat(found))
        {
            var text = FactRules.Clip(fact.Text);
            if (text.Length > 0)
            {
                facts[text] = facts.TryGetValue(text, out var same) ? Join(same, fact with { Text = same.Text }) : fact with { Text = text };
            }
        }

        var newest = new Dictionary<string, SemanticFact>(StringComparer.OrdinalIgnoreCase);
        foreach (var fact in facts.Values.OrderBy(fact => fact.Sequence))
        {
            newest[FactSubject.Of(fact.Text) ?? fact.Text] = fact;
        }

        return [.. newest.Values.GroupBy(fact => fact.Kind).OrderBy(group => group.Key).SelectMany(group => group
            .OrderByDescending(fact => fact.Salience).ThenByDescending(fact => fact.Sequence).ThenBy(fact => fact.Text, StringComparer.Ordinal)
            .Take(FactRules.Most(group.Key)))];
    }

    private static SemanticFact Join(SemanticFact older, SemanticFact newer)
    {
        var kind = older.Kind < newer.Kind ? older.Kind : newer.Kind;
        var bonus = Math.Max(Bonus(older), Bonus(newer));
        if (newer.Sequence > older.Sequence)
        {
            // Never so much that a repeated fact outweighs the next kind.
            bonus = Math.Max(bonus, Math.Min(MaxBonus, bonus + Repetition));
        }

        return newer with { Kind = kind, Salience = FactRules.Base(kind) + bonus, Sequence = Math.Max(older.Sequence, newer.Sequence) };
    }

    private static int Bonus(SemanticFact fact) => fact.Salience - FactRules.Base(fact.Kind);
}
