using System.Text;

namespace Granary.Http.Endpoints;

/// <summary>A context as one text: blocks under headings, joined by blank lines, a block without content left out.</summary>
internal static class ContextText
{
    public static string Of(SessionContext context)
    {
        var text = new StringBuilder();
        if (context.CumulativeSummary.Length > 0)
        {
            text.Append("### Current Session Summary\n").Append(context.CumulativeSummary);
        }

        var messages = context.ActiveContext.SelectMany(turn => turn.Messages).ToList();
        if (messages.Count > 0)
        {
            text.Append(text.Length > 0 ? "\n\n" : "").Append("### Recent Conversation");
            foreach (var message in messages)
            {
                Append(text, message);
            }
        }

        return text.ToString();
    }

    private static void Append(StringBuilder text, Message message)
    {
        if (message.Role == MessageRole.Tool)
        {
            text.Append(message.ToolError is null ? "\n[TOOL_RESULT] " : "\n[TOOL_ERROR] ")
                .Append(message.Name ?? message.ToolCallId).Append(' ').Append(message.ToolError ?? message.Content);
            return;
        }

        if (message.Content.Length > 0 || message.ToolCalls is not { Count: > 0 })
        {
            text.Append('\n').Append(message.Role.ToString().ToUpperInvariant()).Append(": ").Append(message.Content);
        }

        foreach (var call in message.ToolCalls ?? [])
        {
            text.Append("\n[TOOL_CALL] ").Append(call.Name).Append(' ').Append(call.Arguments.ToString());
        }
    }
}
