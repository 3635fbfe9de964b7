using System.Text.Json;

namespace Granary.Core.Tests.Sessions;

/// <summary>What a session is, in the simplest words: all that was said, and what of it is in view.</summary>
internal sealed class SessionModel
{
    private long tailStart = 1;

    /// <summary>All messages, with their sequences and turns.</summary>
    public List<Message> History { get; } = [];

    /// <summary>Those in view, in order.</summary>
    public List<Message> View { get; private set; } = [];

    public HashSet<long> Superseded { get; } = [];

    public long Last => History.Count;

    public static Message User(string content) => new() { Role = MessageRole.User, Content = content };

    public static Message Assistant(string content) => new() { Role = MessageRole.Assistant, Content = content };

    public static Message System(string content) => new() { Role = MessageRole.System, Content = content };

    public static Message Call(string id) => new() { Role = MessageRole.Assistant, ToolCalls = [new ToolCall(id, "lookup", JsonElement.Parse("{}"))] };

    public static Message Result(string id) => new() { Role = MessageRole.Tool, ToolCallId = id, Content = "42" };

    /// <summary>The calls in view without a result.</summary>
    public List<string> Open() =>
        [.. View.SelectMany(m => m.ToolCalls ?? []).Select(c => c.Id).Where(id => !View.Any(m => m.ToolCallId == id))];

    /// <summary>Where an answer that can be superseded begins, or null.</summary>
    public long? AnswerStart()
    {
        var question = History.FindLast(m => m.Role == MessageRole.User);
        return question is null || question.Sequence < tailStart
            ? null
            : View.Find(m => m.Sequence > question.Sequence && m.Role != MessageRole.System)?.Sequence;
    }

    public void Append(long? supersedes, Message[] messages)
    {
        if (supersedes is { } first)
        {
            Superseded.UnionWith(View.Where(m => m.Sequence >= first && m.Role != MessageRole.System).Select(m => m.Sequence));
            View.RemoveAll(m => Superseded.Contains(m.Sequence));
        }

        foreach (var message in messages)
        {
            var stored = message with { Sequence = Last + 1, Turn = History.Count(m => m.Role == MessageRole.User) + (message.Role == MessageRole.User ? 1 : 0) };
            History.Add(stored);
            View.Add(stored);
        }
    }

    /// <summary>Takes over what a compaction left.</summary>
    public void Fold(IReadOnlyCollection<long> left)
    {
        var folded = View.Where(m => !left.Contains(m.Sequence)).ToList();
        folded.ShouldAllBe(m => m.Role != MessageRole.System);
        tailStart = Math.Max(tailStart, folded.Count == 0 ? 0 : folded.Max(m => m.Sequence) + 1);
        View.RemoveAll(folded.Contains);
    }

    public void Clear()
    {
        View = [];
        tailStart = Last + 1;
    }
}
