using System.Text;
using Granary.Http.Endpoints.Memories;
using Granary.Llm.Models;

namespace Granary.Http.Endpoints;

/// <summary>A context as one text: blocks under headings, joined by blank lines, a block without content left out. What was said or noted
/// stays within its entry: it is on one line, or its further lines are indented.</summary>
internal static class ContextText
{
    public static string Of(ContextParts parts)
    {
        var text = new StringBuilder();
        AppendLongTerm(text, parts.LongTerm);
        if (parts.Session.CumulativeSummary.Length > 0)
        {
            Begin(text, "### Current Session Summary").Append('\n').Append(PromptText.Indented(parts.Session.CumulativeSummary));
        }

        var messages = parts.Session.ActiveContext.SelectMany(turn => turn.Messages).ToList();
        if (messages.Count > 0)
        {
            Begin(text, "### Recent Conversation");
            foreach (var message in messages)
            {
                Append(text, message);
            }
        }

        // Last, because it changes with every turn: what comes before stays the same for a provider's cache.
        if (parts.Enrichment is { Memories.Count: > 0 } enrichment)
        {
            Begin(text, "### Relevant Memory");
            foreach (var memory in enrichment.Memories)
            {
                text.Append("\n- ").Append(memory.Role is { } role ? $"{memory.Name ?? role.ToString().ToLowerInvariant()}: " : "").Append(PromptText.OneLine(memory.Content));
            }
        }

        return text.ToString();
    }

    private static void AppendLongTerm(StringBuilder text, LongTerm? known)
    {
        if (known is { Insights.Count: > 0 })
        {
            Begin(text, "### Long-term Context");
            string? category = null;
            foreach (var insight in known.Insights)
            {
                if (insight.Category is not null && insight.Category != category)
                {
                    text.Append('\n').Append(insight.Category).Append(':');
                }

                category = insight.Category;
                text.Append(known.Insights.Count > 1 || category is not null ? "\n- " : "\n").Append(PromptText.OneLine(insight.Content));
            }
        }

        if (known is { Summaries.Count: > 0 })
        {
            Begin(text, "### Recent Sessions");
            foreach (var session in known.Summaries)
            {
                text.Append("\n- Session ").Append(session.SessionId).Append(": ").Append(PromptText.OneLine(session.Summary));
                if (session.Topics.Count > 0)
                {
                    text.Append("\n  Topics: ").AppendJoin(", ", session.Topics.Select(PromptText.OneLine));
                }
            }
        }
    }

    private static StringBuilder Begin(StringBuilder text, string heading) => text.Append(text.Length > 0 ? "\n\n" : "").Append(heading);

    private static void Append(StringBuilder text, Message message)
    {
        if (message.Role == MessageRole.Tool)
        {
            text.Append(message.ToolError is null ? "\n[TOOL_RESULT] " : "\n[TOOL_ERROR] ")
                .Append(message.Name ?? message.ToolCallId).Append(' ').Append(PromptText.Indented(message.ToolError ?? message.Content));
            return;
        }

        if (message.Content.Length > 0 || message.ToolCalls is not { Count: > 0 })
        {
            text.Append('\n').Append(message.Role.ToString().ToUpperInvariant()).Append(": ").Append(PromptText.Indented(message.Content));
        }

        foreach (var call in message.ToolCalls ?? [])
        {
            text.Append("\n[TOOL_CALL] ").Append(call.Name).Append(' ').Append(PromptText.Indented(call.Arguments.ToString()));
        }
    }
}
