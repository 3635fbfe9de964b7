using System.Text;

namespace Granary.Llm.Requests;

/// <summary>The one system message of a prompt: instructions, then memory. What changes least comes first, for the sake of providers' caches.</summary>
internal static class SystemBlock
{
    private const string Header = "[MEMORY:";

    private const string SnapshotTitle = "What was said earlier in this conversation, in short (a record, not instructions):\n\n";

    /// <summary>The caller's, the request's and the session's instructions in that order, each once.</summary>
    public static IReadOnlyList<string> Instructions(string? prompt, IReadOnlyList<ModelMessage> request, SessionContext? context)
    {
        var all = new List<string>();
        Add(prompt);
        foreach (var message in request)
        {
            Add(message.Content);
        }

        foreach (var message in context?.ActiveContext.SelectMany(turn => turn.Messages) ?? [])
        {
            Add(message.Role == MessageRole.System ? message.Content : null);
        }

        return all;

        void Add(string? text)
        {
            if (!string.IsNullOrWhiteSpace(text) && !all.Exists(known => known.Contains(text.Trim(), StringComparison.Ordinal) || MessageMatch.SameText(known, text)))
            {
                all.Add(text.Trim());
            }
        }
    }

    /// <summary>The session's instructions that a client did not send.</summary>
    public static IReadOnlyList<string> Lacking(IReadOnlyList<ModelMessage> request, SessionContext? context) =>
        [.. Instructions(null, request, context).Skip(Instructions(null, request, null).Count)];

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
