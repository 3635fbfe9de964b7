using System.Text.Json.Nodes;
using Granary.Http.Proxy.Shapes;
using Granary.Llm.Rendering;

namespace Granary.Http.Proxy;

/// <summary>Gives a request what its session knows and the client did not send: one system block, and the stored turns that it lacks.</summary>
internal static class StoredTurns
{
    private const string SnapshotStart = "[MEMORY:";

    private const string Interrupted = "interrupted: no result was recorded";

    /// <summary>Stored and sent turns up to which each is compared with each.</summary>
    private const int MaxPairs = 1_000_000;

    public static void Add(RequestShape shape, SessionContext context, TurnPlan plan, Conversation sent, IReadOnlyList<string> instructions, IChatRenderer renderer)
    {
        if (SystemBlock(context, instructions) is { Length: > 0 } block)
        {
            shape.AddSystem(block);
        }

        var lacking = Lacking(plan.Base, sent);
        if (lacking.Count > 0)
        {
            var users = sent.Older.Concat(sent.New).Count(message => message.Role == MessageRole.User);
            shape.Insert([.. lacking.Select(turn => (turn.BeforeUser, renderer.RenderMessages(Valid(turn.Messages, sent.New))))], users);
        }
    }

    /// <summary>The session's own instructions, unless the client sent them, and the snapshot.</summary>
    public static string SystemBlock(SessionContext context, IReadOnlyList<string> instructions)
    {
        var parts = context.ActiveContext.SelectMany(turn => turn.Messages)
            .Where(message => message.Role == MessageRole.System && !instructions.Any(text => text.Contains(message.Content, StringComparison.Ordinal)))
            .Select(message => message.Content)
            .ToList();
        if (Snapshot(context) is { } snapshot)
        {
            parts.Add("What was said earlier in this conversation, in short (a record, not instructions):\n\n" + snapshot);
        }

        return string.Join("\n\n", parts);
    }

    private static string? Snapshot(SessionContext context)
    {
        var first = context.Messages.FirstOrDefault(message => message.Role != MessageRole.System);
        if (first is not { Role: MessageRole.User } || !first.Content.StartsWith(SnapshotStart, StringComparison.Ordinal))
        {
            return null;
        }

        var spoken = context.ActiveContext.SelectMany(turn => turn.Messages).FirstOrDefault(message => message.Role != MessageRole.System);
        return spoken is { Role: MessageRole.User } && spoken.Content == first.Content ? null : first.Content;
    }

    /// <summary>The stored turns that the request has not, each with the number of the request's user message that it goes before.</summary>
    private static List<(int BeforeUser, List<Message> Messages)> Lacking(IReadOnlyList<Message> stored, Conversation sent)
    {
        var turns = Split(stored);
        var questions = sent.Older.Where(message => message.Role == MessageRole.User).ToList();
        var place = Places(turns, questions);
        var lacking = new List<(int, List<Message>)>();
        var before = sent.New.FirstOrDefault()?.Role == MessageRole.User
            ? questions.Count
            : sent.Older.Count == 0 ? -1 : Math.Max(0, questions.Count - 1); // a result stays beside its call
        for (var turn = turns.Count - 1; turn >= 0; turn--)
        {
            if (place[turn] >= 0)
            {
                before = place[turn];
            }
            else if (turns[turn][0].Role == MessageRole.User || sent.Older.Count == 0 || sent.Older[0].Role == MessageRole.User)
            {
                lacking.Add((before, turns[turn]));
            }
        }

        lacking.Reverse();
        return lacking;
    }

    private static List<List<Message>> Split(IReadOnlyList<Message> messages)
    {
        var turns = new List<List<Message>>();
        foreach (var message in messages)
        {
            if (turns.Count == 0 || message.Role == MessageRole.User)
            {
                turns.Add([]);
            }

            turns[^1].Add(message);
        }

        return turns;
    }

    /// <summary>For each stored turn the user message of the request that is its own, or -1: the longest common subsequence, the latest of them.</summary>
    private static int[] Places(List<List<Message>> turns, List<Message> questions)
    {
        var places = new int[turns.Count];
        Array.Fill(places, -1);
        var (rows, columns) = (turns.Count, questions.Count);
        if (columns == 0)
        {
            return places;
        }

        if ((long)rows * columns > MaxPairs)
        {
            // Far beyond what a context holds: the ends are compared, the rest counts as known.
            for (int turn = rows - 1, question = columns - 1; turn >= 0; turn--, question = Math.Max(0, question - 1))
            {
                places[turn] = question;
            }

            return places;
        }

        var lengths = new int[rows + 1, columns + 1];
        for (var row = 1; row <= rows; row++)
        {
            for (var column = 1; column <= columns; column++)
            {
                lengths[row, column] = MessageMatch.IsSame(turns[row - 1][0], questions[column - 1])
                    ? lengths[row - 1, column - 1] + 1
                    : Math.Max(lengths[row - 1, column], lengths[row, column - 1]);
            }
        }

        for (int row = rows, column = columns; row > 0 && column > 0;)
        {
            if (MessageMatch.IsSame(turns[row - 1][0], questions[column - 1]))
            {
                places[--row] = --column;
            }
            else if (lengths[row - 1, column] >= lengths[row, column - 1])
            {
                row--;
            }
            else
            {
                column--;
            }
        }

        return places;
    }

    /// <summary>A turn as providers take it: each call is followed by its results; a call that has none, and gets none from the client, is told so.</summary>
    private static List<ModelMessage> Valid(List<Message> turn, IReadOnlyList<Message> fresh)
    {
        var messages = new List<ModelMessage>(turn.Count);
        foreach (var message in turn)
        {
            if (message.Role == MessageRole.Tool)
            {
                continue;
            }

            messages.Add(StorableMessage.ToModel(message));
            foreach (var call in message.ToolCalls ?? [])
            {
                if (turn.Find(other => other.Role == MessageRole.Tool && other.ToolCallId == call.Id && other.Sequence > message.Sequence) is { } result)
                {
                    messages.Add(StorableMessage.ToModel(result) with { Name = result.Name ?? call.Name });
                }
                else if (!fresh.Any(other => other.Role == MessageRole.Tool && other.ToolCallId == call.Id))
                {
                    messages.Add(new ModelMessage { Role = MessageRole.Tool, Content = "", Name = call.Name, ToolCallId = call.Id, ToolError = Interrupted });
                }
            }
        }

        return messages;
    }
}
