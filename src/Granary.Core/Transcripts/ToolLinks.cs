namespace Granary.Core.Transcripts;

/// <summary>Which tool message answers which call.</summary>
/// <remarks>
/// A result answers the newest call before it that has its id and no result yet. Some models count their calls anew in each answer, so
/// an id alone says little. A second result of an answered call belongs to it, but does not answer it again.
/// </remarks>
internal sealed class ToolLinks
{
    private static readonly ToolLinks None = new([]);

    private readonly Dictionary<int, Calls> calls;

    private ToolLinks(Dictionary<int, Calls> calls) => this.calls = calls;

    /// <summary>Whether no message calls a tool.</summary>
    public bool IsEmpty => calls.Count == 0;

    /// <summary>Links the calls and results of a transcript.</summary>
    public static ToolLinks Of(IReadOnlyList<TranscriptEntry> entries)
    {
        Dictionary<int, Calls>? all = null;
        Dictionary<string, SameId>? ids = null;
        for (var index = 0; index < entries.Count; index++)
        {
            var message = entries[index].Message;
            if (message is { Role: MessageRole.Assistant, ToolCalls: { Count: > 0 } made })
            {
                var calls = (all ??= [])[index] = new(made.Count, index);
                ids ??= new(StringComparer.Ordinal);

                // The last is pushed first: of two calls of one message with one id, the first is answered first.
                for (var position = made.Count - 1; position >= 0; position--)
                {
                    if (!ids.TryGetValue(made[position].Id, out var same))
                    {
                        ids[made[position].Id] = same = new();
                    }

                    same.Waiting.Push((calls, position));
                }
            }
            else if (message is { Role: MessageRole.Tool, ToolCallId: { } id } && ids?.GetValueOrDefault(id) is { } same)
            {
                same.Answer(index);
            }
        }

        return all is null ? None : new(all);
    }

    /// <summary>Whether a message has a call without a result.</summary>
    public bool IsOpen(int index) => calls.Count > 0 && calls.TryGetValue(index, out var made) && Array.IndexOf(made.Results, -1) >= 0;

    /// <summary>The index of the last result of a message's calls; its own index if there is none.</summary>
    public int LastResult(int index) => calls.Count > 0 && calls.TryGetValue(index, out var made) ? made.Last : index;

    /// <summary>The indices of the results of a message's calls, in their order, -1 for a call without one; empty for no calls.</summary>
    public ReadOnlySpan<int> Results(int index) => calls.TryGetValue(index, out var made) ? made.Results : [];

    /// <summary>The calls of one message.</summary>
    private sealed class Calls
    {
        public Calls(int count, int index)
        {
            Results = new int[count];
            Array.Fill(Results, -1);
            Last = index;
        }

        public int[] Results { get; }

        public int Last { get; set; }
    }

    /// <summary>The calls that share an id.</summary>
    private sealed class SameId
    {
        private Calls? answered;

        public Stack<(Calls Calls, int Position)> Waiting { get; } = [];

        public void Answer(int result)
        {
            if (Waiting.TryPop(out var call))
            {
                call.Calls.Results[call.Position] = result;
                answered = call.Calls;
            }

            answered!.Last = result;
        }
    }
}
