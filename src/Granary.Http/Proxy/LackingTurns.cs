using System.Text.Json.Nodes;
using Granary.Http.Proxy.Shapes;
using Granary.Llm.Rendering;
using Granary.Llm.Requests;

namespace Granary.Http.Proxy;

/// <summary>Gives a request the stored turns that the client did not send, each at its place.</summary>
internal static class LackingTurns
{
    private const string Interrupted = "interrupted: no result was recorded";

    public static void Insert(RequestShape shape, MergedTranscript merged, Conversation sent, IChatRenderer renderer)
    {
        var lacking = Lacking(merged.Conversation, sent, renderer);
        if (lacking.Count > 0)
        {
            shape.Insert(lacking, sent.UserMessages);
        }
    }

    /// <summary>The stored messages of the merge, each run of them with the number of the request's user message that it goes before.</summary>
    private static List<(int BeforeUser, JsonArray Entries)> Lacking(IReadOnlyList<ModelMessage> merged, Conversation sent, IChatRenderer renderer)
    {
        var lacking = new List<(int, JsonArray)>();
        var run = new List<ModelMessage>();
        var users = 0;
        var any = false;
        for (var index = 0; index < merged.Count; index++)
        {
            var message = merged[index];
            if (!sent.Has(message))
            {
                run.Add(message);
                continue;
            }

            if (run.Count > 0)
            {
                // Before anything but a question it goes before the turn: a result stays beside its call.
                var place = message.Role == MessageRole.User ? users : any ? Math.Max(0, users - 1) : -1;
                lacking.Add((place, renderer.RenderMessages(Answered(run, merged, index))));
                run = [];
            }

            any = true;
            users += message.Role == MessageRole.User ? 1 : 0;
        }

        return lacking;
    }

    /// <summary>A run as providers take it: a call that has no result, and gets none from the client, is told so; what was not kept becomes words.</summary>
    private static List<ModelMessage> Answered(List<ModelMessage> run, IReadOnlyList<ModelMessage> merged, int next)
    {
        var messages = new List<ModelMessage>(run.Count);
        for (var index = 0; index < run.Count; index++)
        {
            messages.Add(StorableMessage.WithMarks(run[index]));
            if (run[index].Role == MessageRole.Tool && index + 1 < run.Count && run[index + 1].Role == MessageRole.Tool)
            {
                continue;
            }

            var asking = run.FindLastIndex(index, message => message.Role != MessageRole.Tool);
            if (asking < 0 || run[asking].ToolCalls is not { Count: > 0 } calls || (asking == index && index + 1 < run.Count && run[index + 1].Role == MessageRole.Tool))
            {
                continue;
            }

            foreach (var call in calls)
            {
                if (!run.Skip(asking).Concat(merged.Skip(next)).Any(message => message.Role == MessageRole.Tool && message.ToolCallId == call.Id))
                {
                    messages.Add(new ModelMessage { Role = MessageRole.Tool, Content = "", Name = call.Name, ToolCallId = call.Id, ToolError = Interrupted });
                }
            }
        }

        return messages;
    }
}
