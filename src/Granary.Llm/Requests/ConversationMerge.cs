using Granary.Core.Transcripts;

namespace Granary.Llm.Requests;

/// <summary>Puts the turns that a request lacks among those that it has.</summary>
internal static class ConversationMerge
{
    /// <summary>Pairs of turns up to which the best alignment is looked for; beyond, only equal ends are aligned.</summary>
    private const int MaxPairs = 250_000;

    private const int SameQuestion = 1;
    private const int SameTurn = 4;

    /// <summary>
    /// The request's messages in their order, and before each turn the stored ones that lie between it and the turn before. A turn counts as sent if its
    /// question was; where a request begins within a turn, only the turn's beginning is added.
    /// </summary>
    /// <param name="stored">The stored messages, without system messages.</param>
    /// <param name="sent">The request's earlier messages, without system messages.</param>
    /// <param name="match">Tells which messages are the same.</param>
    /// <returns>The messages, and how many of them were stored ones.</returns>
    public static (List<ModelMessage> Messages, int Stored) Of(List<Message> stored, List<ModelMessage> sent, MessageMatch match)
    {
        var storedTurns = TurnsOf(stored.Count, index => stored[index].Role);
        var sentTurns = TurnsOf(sent.Count, index => sent[index].Role);
        var messages = new List<ModelMessage>(stored.Count + sent.Count);
        var fromStore = 0;

        var headless = sentTurns.Count > 0 && sent[sentTurns[0].Start].Role != MessageRole.User;
        var pairs = Align(headless ? 1 : 0);
        var (nextStored, nextSent) = (0, 0);
        if (headless)
        {
            AddHeadless();
        }

        foreach (var (storedTurn, sentTurn) in pairs)
        {
            // What the session does not know any more is older than what it does.
            AddSent(sentTurn);
            AddStored(storedTurn);
            AddSent(sentTurn + 1);
            nextStored = storedTurn + 1;
        }

        AddSent(sentTurns.Count);
        AddStored(storedTurns.Count);
        return (messages, fromStore);

        void AddSent(int until)
        {
            for (; nextSent < until; nextSent++)
            {
                messages.AddRange(sent.GetRange(sentTurns[nextSent].Start, sentTurns[nextSent].Length));
            }
        }

        void AddStored(int until)
        {
            if (nextStored < until)
            {
                AddRange(storedTurns[nextStored].Start, storedTurns[until - 1].Start + storedTurns[until - 1].Length);
                nextStored = until;
            }
        }

        void AddRange(int start, int end)
        {
            var entries = stored.GetRange(start, end - start).ConvertAll(message => new TranscriptEntry(message, 0, 0));
            var projected = ModelMessages.Project(null, entries);
            messages.AddRange(projected);
            fromStore += projected.Count;
        }

        void AddHeadless()
        {
            var before = pairs.Count > 0 ? storedTurns[pairs[0].Stored].Start : stored.Count;
            var first = sent[0];
            var place = before == 0 ? -1 : stored.FindLastIndex(before - 1, message => match.Same(message, first));
            if (place >= 0 && (first.Role == MessageRole.Assistant || first.ToolCallId == stored[place].ToolCallId))
            {
                AddRange(0, place);
                nextStored = storedTurns.FindIndex(turn => turn.Start > place) is var next and >= 0 ? next : storedTurns.Count;
            }
            else if (pairs.Count == 0)
            {
                AddStored(storedTurns.Count);
            }

            AddSent(1);
        }

        List<(int Stored, int Sent)> Align(int firstSent)
        {
            // Most clients send the newest part unchanged: equal ends need no search.
            var (storedEnd, sentEnd) = (storedTurns.Count, sentTurns.Count);
            var found = new List<(int, int)>();
            while (storedEnd > 0 && sentEnd > firstSent && Weight(storedEnd - 1, sentEnd - 1) == SameTurn)
            {
                found.Add((--storedEnd, --sentEnd));
            }

            var rows = storedEnd;
            var columns = sentEnd - firstSent;
            if (rows > 0 && columns > 0 && (long)rows * columns <= MaxPairs)
            {
                var best = new int[rows + 1, columns + 1];
                var weights = new int[rows, columns];
                for (var row = rows - 1; row >= 0; row--)
                {
                    for (var column = columns - 1; column >= 0; column--)
                    {
                        weights[row, column] = Weight(row, firstSent + column);
                        best[row, column] = Math.Max(
                            Math.Max(best[row + 1, column], best[row, column + 1]),
                            weights[row, column] > 0 ? weights[row, column] + best[row + 1, column + 1] : 0);
                    }
                }

                var path = new List<(int, int)>();
                for (int row = 0, column = 0; row < rows && column < columns;)
                {
                    if (best[row, column] == best[row + 1, column])
                    {
                        row++;
                    }
                    else if (best[row, column] == best[row, column + 1])
                    {
                        column++;
                    }
                    else
                    {
                        path.Add((row++, firstSent + column++));
                    }
                }

                path.Reverse();
                found.AddRange(path);
            }

            found.Reverse();
            return found;
        }

        int Weight(int storedTurn, int sentTurn)
        {
            var (one, other) = (storedTurns[storedTurn], sentTurns[sentTurn]);
            if (stored[one.Start].Role != MessageRole.User || !match.Same(stored[one.Start], sent[other.Start]))
            {
                return 0;
            }

            for (var index = 1; index < one.Length && index < other.Length; index++)
            {
                if (!match.Same(stored[one.Start + index], sent[other.Start + index]))
                {
                    return SameQuestion;
                }
            }

            return SameTurn;
        }
    }

    /// <summary>The turns: each begins with a user message, the first one with whatever comes first.</summary>
    private static List<(int Start, int Length)> TurnsOf(int count, Func<int, MessageRole> role)
    {
        var turns = new List<(int Start, int Length)>();
        for (var index = 0; index < count; index++)
        {
            if (index == 0 || role(index) == MessageRole.User)
            {
                turns.Add((index, 1));
            }
            else
            {
                turns[^1] = (turns[^1].Start, turns[^1].Length + 1);
            }
        }

        return turns;
    }
}
