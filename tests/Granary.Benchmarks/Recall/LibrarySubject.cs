using Granary.Core.Recall.Lexical;
using Granary.Core.Recall.Ranking;
using Granary.Core.Tokens;

namespace Granary.Benchmarks.Recall;

/// <summary>The index and the ranking alone.</summary>
internal sealed class LibrarySubject(RecallOptions options) : IRecallSubject
{
    private static readonly ScriptAwareTokenCounter Counter = new();

    public Task<IRecallMemory> LoadAsync(Locomo conversation)
    {
        var index = new LexicalIndex();
        foreach (var turn in conversation.Turns)
        {
            index.Add(new RecallUnit
            {
                Source = turn.Session,
                Sequence = turn.Sequence,
                Role = turn.IsUser ? MessageRole.User : MessageRole.Assistant,
                Name = turn.Speaker,
                Time = turn.Time,
                Text = turn.Content,
                Tokens = Counter.Count(turn.Content, null),
            });
        }

        return Task.FromResult<IRecallMemory>(new Memory(new Recaller(index, options)));
    }

    private sealed class Memory(Recaller recaller) : IRecallMemory
    {
        public Task<IReadOnlyList<(string Session, long Sequence, int Tokens)>> RecallAsync(string query, int limit) =>
            Task.FromResult<IReadOnlyList<(string, long, int)>>(
                [.. recaller.Recall(new RecallQuery { Text = query, Limit = limit }).Select(hit => (hit.Source, hit.Sequence, hit.Tokens))]);

        public Task<IReadOnlyList<string>> RecallSessionsAsync(string query, int limit) =>
            Task.FromResult<IReadOnlyList<string>>([.. recaller.RecallSessions(new RecallQuery { Text = query, Limit = limit }).Select(hit => hit.Session)]);
    }
}
