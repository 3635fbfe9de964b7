using Granary.Core.Privacy;

namespace Granary.Llm.Requests;

/// <summary>
/// Puts a session and a request together. A client may send all of the conversation, its last part or only what is new; white space may differ, and
/// ids may be its own.
/// </summary>
/// <remarks>
/// New is what comes after the request's last assistant message. That message is looked for in the session: what is stored after it tells whether
/// the new messages were stored before, and whether the answer to them is to be made anew.
/// </remarks>
internal sealed class TranscriptMerge
{
    private readonly SessionContext? stored;
    private readonly MessageMatch match;
    private readonly List<Message> view;
    private readonly List<ModelMessage> asked;
    private readonly int lastAnswer;
    private readonly int lastUser;

    private TranscriptMerge(SessionContext? stored, List<ModelMessage> asked, Redactor? redactor)
    {
        this.stored = stored;
        this.asked = asked;
        match = new MessageMatch(stored?.Privacy, redactor);
        view = [.. (stored?.ActiveContext ?? []).SelectMany(turn => turn.Messages).Where(message => message.Role != MessageRole.System)];
        lastAnswer = asked.FindLastIndex(message => message.Role == MessageRole.Assistant);
        lastUser = view.FindLastIndex(message => message.Role == MessageRole.User);
    }

    /// <summary>Merges.</summary>
    /// <param name="stored">The session's context, or null if there is no such session yet.</param>
    /// <param name="request">The request's messages, oldest first.</param>
    /// <param name="redactors">Apply <see cref="SessionContext.Privacy"/>; null for sessions that have none.</param>
    public static MergedTranscript Merge(SessionContext? stored, IReadOnlyList<ModelMessage> request, Redactors? redactors = null)
    {
        var asked = request.Where(message => message.Role != MessageRole.System).ToList();
        ModelMessage? begun = null;
        if (asked is [.., { Role: MessageRole.Assistant, ToolCalls: null or { Count: 0 } } end])
        {
            begun = end;
            asked.RemoveAt(asked.Count - 1);
        }

        var merged = new TranscriptMerge(stored, asked, redactors?.Of(stored)).Merge(begun);
        return merged with { System = [.. request.Where(message => message.Role == MessageRole.System)], Begun = begun };
    }

    private MergedTranscript Merge(ModelMessage? begun)
    {
        var input = asked.GetRange(lastAnswer + 1, asked.Count - lastAnswer - 1);
        if (view.Count == 0 && stored is null or { TurnCount: 0 })
        {
            var all = StorableMessage.OfAll(asked, []);
            var older = all.Count(kept => kept.Index <= lastAnswer);
            return Answer(input, begun, view.Count) with
            {
                Older = [.. all.Take(older).Select(kept => kept.Message)],
                New = [.. all.Skip(older).Select(kept => kept.Message)],
            };
        }

        if (Interrupted(input, begun) is { } interrupted)
        {
            return interrupted;
        }

        var anchor = FindAnchor(input);
        if (anchor < 0 && input is [{ Role: MessageRole.Tool }, ..])
        {
            return UnknownCalls(input, begun);
        }

        var renamed = anchor < 0 ? input : WithStoredIds(input, anchor);
        var start = anchor < 0 ? QuestionStart(input) : anchor + 1;
        return AfterAnchor(input, begun, renamed, anchor < 0 && HasAskedBefore(start) ? view.Count : start, placed: anchor >= 0);
    }

    /// <summary>
    /// The request whose history was being stored when that broke off: the session holds just the first of the parts that it goes into. Then the rest is
    /// stored now. Null for any other request.
    /// </summary>
    private MergedTranscript? Interrupted(List<ModelMessage> input, ModelMessage? begun)
    {
        if (stored is null || view.Count == 0 || lastAnswer < stored.LastSequence)
        {
            return null;
        }

        var all = StorableMessage.OfAll(asked, []);
        var older = all.Count(kept => kept.Index <= lastAnswer);
        var parts = AppendParts.Of(all.Take(older).Select(kept => kept.Message));
        var there = 0;
        for (var part = 0; part < parts.Count && there < stored.LastSequence; part++)
        {
            there += parts[part].Count;
        }

        // Of what is folded by now only the number tells.
        var shown = there - view.Count;
        if (there != stored.LastSequence || there == older || shown < 0
            || Enumerable.Range(0, view.Count).Any(index => !match.Same(view[index], asked[all[shown + index].Index])))
        {
            return null;
        }

        return Answer(input, begun, view.Count) with
        {
            Older = [.. all.Take(older).Skip(there).Select(kept => kept.Message)],
            New = [.. all.Skip(older).Select(kept => kept.Message)],
        };
    }

    /// <summary>Decides by what is stored from a place on, which is where the input would stand.</summary>
    private MergedTranscript AfterAnchor(List<ModelMessage> input, ModelMessage? begun, List<ModelMessage> renamed, int start, bool placed)
    {
        // Results of parallel calls come in any order.
        var results = LeadingTools(start, view.Count, index => view[index].Role);
        var rest = start + results;
        var tools = LeadingTools(0, renamed.Count, index => renamed[index].Role);
        var known = view.GetRange(start, results).Select(message => message.ToolCallId).ToHashSet(StringComparer.Ordinal);
        var fresh = renamed.Take(tools).Where(message => !known.Contains(message.ToolCallId)).ToList();
        var same = 0;
        while (tools + same < renamed.Count && rest + same < view.Count && match.SameQuestion(view[rest + same], renamed[tools + same], placed))
        {
            same++;
        }

        if (rest + same == view.Count)
        {
            return Answer(input, begun, start) with { New = Storable([.. fresh, .. renamed.Skip(tools + same)]) };
        }

        var answered = tools + same == renamed.Count && renamed.Count > 0 && fresh.Count == 0 && view[rest + same].Role == MessageRole.Assistant;
        if (answered && rest + same > lastUser && lastUser >= 0)
        {
            // What was done of the turn before the answer that is made anew stays a part of it.
            return Answer(input, begun, start) with
            {
                Supersedes = view[lastUser + 1].Sequence,
                New = Copies(lastUser + 1, rest + same, renamed),
                NewTurn = tools > 0 ? CallsAndResults(input) : Storable(input),
            };
        }

        return Answer(input, begun, view.Count) with { New = Storable([.. fresh, .. renamed.Skip(tools)]) };
    }

    /// <summary>Results of calls that the session does not know: the calls are stored with them, and the turn as far as it is not stored either.</summary>
    private MergedTranscript UnknownCalls(List<ModelMessage> input, ModelMessage? begun)
    {
        if (lastAnswer < 0)
        {
            return Answer(input, begun, view.Count) with { New = Storable(input) };
        }

        var question = asked.FindLastIndex(message => message.Role == MessageRole.User);
        if (question < 0)
        {
            return Answer(input, begun, view.Count) with { New = CallsAndResults(input) };
        }

        if (lastUser < 0 || !match.SameQuestion(view[lastUser], asked[question], placed: false))
        {
            return Answer(input, begun, view.Count) with { New = Storable(asked.GetRange(question, asked.Count - question)) };
        }

        // The same question with other calls than those that are stored.
        var done = asked.GetRange(question + 1, asked.Count - question - 1);
        return lastUser == view.Count - 1
            ? Answer(input, begun, view.Count) with { New = Storable(done) }
            : Answer(input, begun, lastUser + 1) with
            {
                Supersedes = view[lastUser + 1].Sequence,
                New = [.. StorableMessage.OfAll(done, OpenCalls(lastUser + 1)).Select(kept => kept.Message)],
                NewTurn = CallsAndResults(input),
            };
    }

    private MergedTranscript Answer(List<ModelMessage> input, ModelMessage? begun, int storedEnd)
    {
        var older = asked.GetRange(0, asked.Count - input.Count);
        var (messages, fromStore) = ConversationMerge.Of(view.GetRange(0, storedEnd), older, match);
        messages.AddRange(input);
        if (begun is not null)
        {
            messages.Add(begun);
        }

        return new MergedTranscript
        {
            Conversation = messages,
            InputMessages = input.Count + (begun is null ? 0 : 1),
            StoredMessages = fromStore,
        };
    }

    /// <summary>
    /// The place in the session of the message that the input follows: the request's last assistant message, or the one whose calls the input answers;
    /// -1 if there is none. Of several that say the same, the one before which most is the same, then the last.
    /// </summary>
    private int FindAnchor(List<ModelMessage> input)
    {
        if (lastAnswer < 0)
        {
            return input is [{ Role: MessageRole.Tool, ToolCallId: { } id }, ..]
                ? view.FindLastIndex(message => message.ToolCalls?.Any(call => call.Id == id) == true)
                : -1;
        }

        var (best, most) = (-1, -1);
        for (var index = view.Count - 1; index >= 0; index--)
        {
            if (!match.Same(view[index], asked[lastAnswer]))
            {
                continue;
            }

            var same = 1;
            while (same <= index && same <= lastAnswer && match.Same(view[index - same], asked[lastAnswer - same]))
            {
                same++;
            }

            // The whole of the request and all of the session up to there: nothing can match better, also if a later place matches as much.
            var whole = same == index + 1 && same == lastAnswer + 1 && view[0].Turn <= 1;
            if (same > most || whole)
            {
                (best, most) = (index, same);
            }
        }

        return best;
    }

    /// <summary>Where in the session the question of a request without history stands, if it is the last one's; otherwise the session's end.</summary>
    private int QuestionStart(List<ModelMessage> input)
    {
        if (lastUser < 0 || input.Count == 0)
        {
            return view.Count;
        }

        var first = lastUser;
        while (first > 0 && view[first - 1].Role == MessageRole.User)
        {
            first--;
        }

        // The end of an answered question, and all of what is asked; or what is asked goes on from a question without an answer.
        var answered = lastUser < view.Count - 1;
        for (var start = first; start <= lastUser; start++)
        {
            var length = lastUser + 1 - start;
            var same = (answered ? length == input.Count : length <= input.Count)
                && Enumerable.Range(0, length).All(i => match.SameQuestion(view[start + i], input[i], placed: false));
            if (same)
            {
                return start;
            }
        }

        return view.Count;
    }

    /// <summary>
    /// Whether a request whose answers are other than the stored ones (a client may strip or reword them) has the session's last question in its history
    /// already: then the same words again ("continue") are a new turn, not the last one once more. Where both may be meant, the number of questions tells.
    /// </summary>
    private bool HasAskedBefore(int start)
    {
        var question = lastAnswer < 0 ? -1 : asked.FindLastIndex(lastAnswer, message => message.Role == MessageRole.User);
        if (start == view.Count || question < 0 || !match.SameQuestion(view[lastUser], asked[question], placed: false))
        {
            return false;
        }

        var before = start == 0 ? -1 : view.FindLastIndex(start - 1, message => message.Role == MessageRole.User);
        return before < 0
            || !match.SameQuestion(view[before], asked[question], placed: false)
            || asked.Take(question + 1).Count(message => message.Role == MessageRole.User) != view.Take(start).Count(message => message.Role == MessageRole.User);
    }

    /// <summary>The input with the ids that the stored message's calls have, where the client made its own.</summary>
    private List<ModelMessage> WithStoredIds(List<ModelMessage> input, int anchor)
    {
        if (lastAnswer < 0 || asked[lastAnswer].ToolCalls is not { Count: > 0 } sent || view[anchor].ToolCalls is not { } made)
        {
            return input;
        }

        return input.ConvertAll(message =>
        {
            for (var i = 0; message.Role == MessageRole.Tool && i < sent.Count; i++)
            {
                if (sent[i].Id == message.ToolCallId)
                {
                    return message with { ToolCallId = made[i].Id };
                }
            }

            return message;
        });
    }

    private IReadOnlyList<Message> Storable(IReadOnlyList<ModelMessage> messages) =>
        [.. StorableMessage.OfAll(messages, OpenCalls(view.Count)).Select(kept => kept.Message)];

    private IReadOnlyList<Message> CallsAndResults(List<ModelMessage> input) =>
        [.. StorableMessage.OfAll(lastAnswer < 0 ? input : [asked[lastAnswer], .. input], OpenCalls(view.Count)).Select(kept => kept.Message)];

    private HashSet<string> OpenCalls(int end)
    {
        var open = new HashSet<string>(StringComparer.Ordinal);
        foreach (var message in view.Take(end))
        {
            open.UnionWith((message.ToolCalls ?? []).Select(call => call.Id));
            if (message.ToolCallId is { } id)
            {
                open.Remove(id);
            }
        }

        return open;
    }

    private static int LeadingTools(int start, int end, Func<int, MessageRole> role)
    {
        var index = start;
        while (index < end && role(index) == MessageRole.Tool)
        {
            index++;
        }

        return index - start;
    }

    /// <summary>Stored messages to be stored again. Where the client ran a tool once more, the result that the answer is made from takes the place of the old one.</summary>
    private List<Message> Copies(int start, int end, List<ModelMessage> renamed)
    {
        var question = asked.FindLastIndex(message => message.Role == MessageRole.User);
        var results = new Dictionary<string, ModelMessage>(StringComparer.Ordinal);
        foreach (var message in asked.Skip(question + 1).Take(lastAnswer - question).Concat(renamed))
        {
            if (message is { Role: MessageRole.Tool, ToolCallId: { } id })
            {
                results[id] = message;
            }
        }

        return view.GetRange(start, end - start).ConvertAll(message =>
            message.ToolCallId is { } id && results.TryGetValue(id, out var result) && !match.Same(message, result) && StorableMessage.Of(result) is { } anew
                ? StorableMessage.ToMessage(anew)
                : Copy(message));
    }

    private static Message Copy(Message message) => message with { Id = null, Sequence = 0, Turn = 0, Redacted = false };
}
