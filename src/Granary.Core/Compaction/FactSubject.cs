using System.Collections.Frozen;

namespace Granary.Core.Compaction;

/// <summary>Tells what a fact is about, where that has one value at a time: then a newer fact replaces an older one.</summary>
internal static class FactSubject
{
    private const int MaxWords = 6;

    /// <summary>Things that have one value at a time.</summary>
    private static readonly FrozenSet<string> SingleValued = FrozenSet.ToFrozenSet(
        """
        name nickname budget deadline due-date date email phone number address birthday age price cost limit timezone zone version port
        branch password plan salary location city country job title role status model currency language employer size weight height
        """.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries));

    /// <summary>Sayings that mean the same thing's value, by how they begin.</summary>
    private static readonly (string Words, string Subject)[] Sayings =
    [
        ("my name is ", "name"), ("call me ", "name"), ("i'm called ", "name"), ("i am called ", "name"),
        ("i live in ", "home"), ("i live at ", "home"), ("i moved to ", "home"), ("i now live in ", "home"), ("i've moved to ", "home"),
        ("i work at ", "employer"), ("i work for ", "employer"), ("i now work at ", "employer"), ("i now work for ", "employer"),
    ];

    private static readonly FrozenSet<string> Owners = FrozenSet.ToFrozenSet(["my", "his", "her", "their"]);

    private static readonly FrozenSet<string> Leads =
        FrozenSet.ToFrozenSet(["actually", "now", "and", "so", "btw", "correction", "update", "well", "ok", "okay"]);

    /// <summary>The subject of a fact, or null if none is plain to see.</summary>
    public static string? Of(string fact)
    {
        var (speaker, words) = Split(fact);
        foreach (var (saying, subject) in Sayings)
        {
            if (words.StartsWith(saying, StringComparison.Ordinal))
            {
                return Key(speaker, subject);
            }
        }

        var end = Copula(words);
        if (end < 0)
        {
            return null;
        }

        var names = words[..end].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (names.Length is 0 or > MaxWords
            || !(SingleValued.Contains(names[^1]) || names.Any(name => name is "favorite" or "favourite" or "preferred")))
        {
            return null;
        }

        // "My budget" is the speaker's, "the budget" and "our budget" everyone's.
        return Owners.Contains(names[0]) ? Key(speaker, string.Join(' ', names[1..]))
            : names[0] is "the" or "our" ? Key("", string.Join(' ', names[1..]))
            : Key("", string.Join(' ', names));
    }

    private static (string Speaker, string Words) Split(string fact)
    {
        var colon = fact.IndexOf(": ", StringComparison.Ordinal);
        var speaker = colon > 0 && !fact.AsSpan(0, colon).Contains(' ') ? fact[..colon].ToLowerInvariant() : "";
        speaker = SingleValued.Contains(speaker) ? "" : speaker;
        var words = (speaker.Length > 0 ? fact[(colon + 2)..] : fact).ToLowerInvariant().Replace('\u2019', '\'');
        for (var end = words.IndexOf(' '); end > 0 && Leads.Contains(words[..end].TrimEnd(',', ':')); end = words.IndexOf(' '))
        {
            words = words[(end + 1)..];
        }

        return (speaker, words);
    }

    private static int Copula(string words)
    {
        var first = -1;
        foreach (var copula in (ReadOnlySpan<string>)[" is ", " are ", " = ", ": ", " has changed to ", " changed to ", " will be "])
        {
            var at = words.IndexOf(copula, StringComparison.Ordinal);
            first = at > 0 && (first < 0 || at < first) ? at : first;
        }

        return first;
    }

    private static string Key(string speaker, string subject) => $"\0{speaker}\0{subject}";
}
