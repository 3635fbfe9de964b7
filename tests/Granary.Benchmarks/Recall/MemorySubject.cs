namespace Granary.Benchmarks.Recall;

/// <summary>The memory as its users have it: sessions appended to and recalled from through the API, over SQLite.</summary>
internal sealed class MemorySubject(Host host) : IRecallSubject
{
    /// <summary>Messages of one append.</summary>
    private const int Together = 2;

    public async Task<IRecallMemory> LoadAsync(Locomo conversation)
    {
        var user = new UserKey("bench", conversation.Id);
        foreach (var session in conversation.Turns.GroupBy(turn => turn.Session))
        {
            foreach (var turns in session.Chunk(Together))
            {
                await host.Cluster.Session(new SessionKey(user.Tenant, user.User, session.Key)).AppendAsync(new AppendRequest
                {
                    Messages = [.. turns.Select(turn => new Message
                    {
                        Role = turn.IsUser ? MessageRole.User : MessageRole.Assistant,
                        Name = turn.Speaker,
                        Content = turn.Content,
                        Timestamp = turn.Time,
                    })],
                });
            }
        }

        return new Memory(host.Cluster.User(user));
    }

    private sealed class Memory(IUserMemory user) : IRecallMemory
    {
        public async Task<IReadOnlyList<(string Session, long Sequence, int Tokens)>> RecallAsync(string query, int limit)
        {
            var found = await user.RecallAsync(new RecallRequest { Query = query, Limit = limit });
            return [.. found.Hits.Where(hit => hit.Message is not null).Select(hit => (hit.SessionId!, hit.Message!.Sequence, Counter.Count(hit.Content, null)))];
        }

        public async Task<IReadOnlyList<string>> RecallSessionsAsync(string query, int limit)
        {
            var found = await user.RecallAsync(new RecallRequest { Query = query, Limit = limit, GroupBySession = true });
            return [.. found.Hits.Select(hit => hit.SessionId!)];
        }

        private static readonly Core.Tokens.ScriptAwareTokenCounter Counter = new();
    }
}
