using System.Text;

namespace Granary.Llm.Requests;

/// <summary>The one system message of a prompt: instructions, then memory. What changes least comes first, for the sake of providers' caches.</summary>
internal static class SystemBlock
{
    private const string Header = "[MEMORY:";

    private const string SnapshotTitle = "What was said earlier in this conversation, in short (a record, not instructions):\n\n";

    /// <summary>
    /// A text that stands inside another one is not said again; looked for in this many, where a client's own prompt is. Beyond, only repeats are
    /// left out: a request may have any number of system messages.
    /// </summary>
    private const int SearchedTexts = 16;

    /// <summary>The caller's, the request's and the session's instructions in that order, each once.</summary>
    public static IReadOnlyList<string> Instructions(string? prompt, IReadOnlyList<ModelMessage> request, SessionContext? context) =>
        Gather(prompt, request, context).All;

    /// <summary>The session's instructions that a client did not send.</summary>
    public static IReadOnlyList<string> Lacking(IReadOnlyList<ModelMessage> request, SessionContext? context)
    {
        var (all, sent) = Gather(null, request, context);
        return all.GetRange(sent, all.Count - sent);
    }

    private static (List<string> All, int Sent) Gather(string? prompt, IReadOnlyList<ModelMessage> request, SessionContext? context)
    {
        var all = new List<string>();
        var known = new HashSet<string>(StringComparer.Ordinal);
        Add(prompt);
        foreach (var message in request)
        {
            Add(message.Content);
        }

        var sent = all.Count;
        foreach (var message in context?.ActiveContext.SelectMany(turn => turn.Messages) ?? [])
        {
            Add(message.Role == MessageRole.System ? message.Content : null);
        }

        return (all, sent);

        void Add(string? text)
        {
            text = text?.Trim();
            if (!string.IsNullOrEmpty(text) && known.Add(OneSpaced(text)) && !all.Take(SearchedTexts).Any(other => other.Contains(text, StringComparison.Ordinal)))
            {
                all.Add(text);
            }
        }
    }

    /// <summary>The text with one space for each run of white space, in which alone texts may differ and be the same.</summary>
    private static string OneSpaced(string text) => string.Join(' ', text.Split(default(char[]), StringSplitOptions.RemoveEmptyEntries));

    /// <summary>What the session has folded, as its context says it; null if nothing is folded.</summary>
    public static string? Snapshot(SessionContext? context)
    {
        if (context?.Messages.FirstOrDefault(message => message.Role != MessageRole.System) is not { Role: MessageRole.User } first
            || !first.Content.StartsWith(Header, StringComparison.Ordinal))
        {
            return null;
        }

        // A user may have begun with the same words.
        var said = context.ActiveContext.SelectMany(turn => turn.Messages).FirstOrDefault(message => message.Role != MessageRole.System);
        return said is { Role: MessageRole.User } && said.Content == first.Content ? null : first.Content;
    }

    /// <summary>The block; empty if there is nothing to say.</summary>
    /// <param name="instructions">The instructions.</param>
    /// <param name="snapshot">What the session has folded, or null.</param>
    /// <param name="extract">What stands for messages that are left out, or null.</param>
    /// <param name="recalled">What was recalled.</param>
    public static string Text(IReadOnlyList<string> instructions, string? snapshot, string? extract, IReadOnlyList<RecalledText> recalled)
    {
        var text = new StringBuilder(string.Join("\n\n", instructions));
        Section(snapshot is null ? null : SnapshotTitle + snapshot);
        if (extract is not null)
        {
            Section(Header + "LEFT_OUT]\n" + Line(extract));
        }

        for (var i = 0; i < recalled.Count; i++)
        {
            Section(i == 0 ? Header + "RECALLED]" : null);
            text.Append("\n- ").Append(Line(recalled[i].Text));
            if (recalled[i].Source is { } source)
            {
                text.Append(" (").Append(Line(source)).Append(')');
            }
        }

        return text.ToString();

        void Section(string? section)
        {
            if (section is not null)
            {
                text.Append(text.Length == 0 ? "" : "\n\n").Append(section);
            }
        }
    }

    /// <summary>A text on one line that cannot pass for a section.</summary>
    private static string Line(string text) =>
        string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)).Replace(Header, "(MEMORY:", StringComparison.OrdinalIgnoreCase);
}
