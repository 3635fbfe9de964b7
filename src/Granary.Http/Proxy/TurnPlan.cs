namespace Granary.Http.Proxy;

/// <summary>How a request goes with what its session has: what it must be given, and what is to be stored of it.</summary>
internal sealed record TurnPlan
{
    /// <summary>Whether the session has nothing yet, so that what the client says came before is stored too.</summary>
    public required bool IsFirst { get; init; }

    /// <summary>What of the session came before the request's new messages: all of the view, less what the answer supersedes.</summary>
    public required IReadOnlyList<Message> Base { get; init; }

    /// <summary>What is stored in front of the answer.</summary>
    public required IReadOnlyList<Message> Before { get; init; }

    /// <summary>Where the answer that is superseded begins, if one is.</summary>
    public long? Supersedes { get; init; }

    /// <param name="context">The session; null if it does not exist.</param>
    /// <param name="sent">What the request says.</param>
    /// <param name="after">The session's last sequence before the answer that the request goes on from, where it names one.</param>
    public static TurnPlan Of(SessionContext? context, Conversation sent, long? after)
    {
        var view = View(context);
        var isFirst = context is null || context.LastSequence == 0;
        return Regeneration(view, sent, after) ?? new TurnPlan { IsFirst = isFirst, Base = view, Before = Answerable(view, sent) };
    }

    private static Message[] View(SessionContext? context) =>
        context is null ? [] : [.. context.ActiveContext.SelectMany(turn => turn.Messages).Where(message => message.Role != MessageRole.System)];

    /// <summary>
    /// The plan for a request whose new messages are those that the last turn, or a step of it, was asked with. A client that sends the answer
    /// to them as well says the same again, as a new turn.
    /// </summary>
    private static TurnPlan? Regeneration(Message[] view, Conversation sent, long? after)
    {
        var question = Array.FindLastIndex(view, message => message.Role == MessageRole.User);
        if (question < 0 || sent.New.Count == 0 || GoesOn(view, after))
        {
            return null;
        }

        for (var end = view.Length; end > question;)
        {
            // A step of the turn: what was asked (asked..answered), and its answer (answered..end).
            var answered = end;
            while (answered > 0 && view[answered - 1].Role == MessageRole.Assistant)
            {
                answered--;
            }

            var asked = answered;
            while (asked > 0 && view[asked - 1].Role != MessageRole.Assistant)
            {
                asked--;
            }

            if (MessageMatch.AreSame(view[asked..answered], sent.New) && !Includes(view, asked, sent.Older))
            {
                return Again(view, question, asked, answered);
            }

            end = asked;
        }

        return null;
    }

    private static TurnPlan Again(Message[] view, int question, int asked, int answered)
    {
        // All of the turn after its question is replaced; what led to this step is said again.
        var kept = view[Math.Min(question + 1, answered)..answered].Select(Copy).ToArray();
        var replaced = question + 1 < view.Length;
        return new TurnPlan
        {
            IsFirst = false,
            Base = view[..asked],
            Before = replaced ? kept : [],
            Supersedes = replaced ? view[question + 1].Sequence : null,
        };
    }

    private static Message Copy(Message message) => message with { Id = null, Sequence = 0, Turn = 0, Redacted = false };

    /// <summary>Whether what the client says came before has the answer that the session has last.</summary>
    private static bool Includes(Message[] view, int asked, IReadOnlyList<Message> older)
    {
        if (older.Count == 0)
        {
            return false;
        }

        var without = MessageMatch.CommonEnd(view.AsSpan(0, asked), older);
        if (without == older.Count && without == asked)
        {
            return false;
        }

        return MessageMatch.CommonEnd(view, older) > without || MessageMatch.CommonEnd(view, older) == older.Count;
    }

    /// <summary>Whether the request goes on from the session's last answer.</summary>
    private static bool GoesOn(Message[] view, long? after)
    {
        if (after is not { } sequence)
        {
            return false;
        }

        var answers = 0;
        for (var i = 0; i < view.Length; i++)
        {
            if (view[i].Sequence > sequence && view[i].Role == MessageRole.Assistant && (i == 0 || view[i - 1].Role != MessageRole.Assistant || view[i - 1].Sequence <= sequence))
            {
                answers++;
            }
        }

        return answers <= 1;
    }

    /// <summary>
    /// The new messages; where they begin with results of calls that the session does not wait for, with the calls in front of them if the
    /// client sent those.
    /// </summary>
    private static IReadOnlyList<Message> Answerable(Message[] view, Conversation sent)
    {
        if (view.Length == 0 || sent.Older is not [.., { ToolCalls: { Count: > 0 } calls } asking] || sent.New.All(message => message.Role != MessageRole.Tool))
        {
            return sent.New;
        }

        var ledger = new ToolLedger(view);
        return calls.Any(call => ledger.IsOpen(call.Id)) ? sent.New : [asking, .. sent.New];
    }
}
