using Granary.Llm.Functions;
using Granary.Llm.Models;
using Granary.Llm.Requests;
using Granary.Wire;

namespace Granary.Http.Endpoints.Memories;

/// <summary>Gathers what is known on a question: first what the live session says, then earlier conversations, sessions' summaries, insights and facts.</summary>
internal sealed class Retrieval(IMemoryCluster cluster)
{
    /// <summary>How many facts at the most, in times of what is asked for of each kind.</summary>
    private const int Kinds = 3;

    /// <summary>Gathers.</summary>
    /// <param name="user">The user.</param>
    /// <param name="session">The session that asks, or null.</param>
    /// <param name="agent">Only what belongs to this agent; null for the session's, or any without a session.</param>
    /// <param name="query">What to look for.</param>
    /// <param name="top">How many of each kind.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    /// <exception cref="NotFoundException">There is no such session.</exception>
    public async Task<IReadOnlyList<(string Fact, RetrievedSource Source)>> FindAsync(
        UserKey user, string? session, string? agent, string query, int top, CancellationToken cancellationToken)
    {
        var live = session is null
            ? null
            : await cluster.Session(new SessionKey(user.Tenant, user.User, session)).GetContextAsync(cancellationToken: cancellationToken);
        agent ??= live?.AgentId;
        var shown = ShownMessages.Of(live);

        // What the live session shows is told as such: so many more turns may be found and left out.
        var found = await Task.WhenAll(
            RecallAsync(null, shown.LimitFor(top)),
            RecallAsync([MemoryKind.Interaction], top),
            RecallAsync([MemoryKind.Summary], top),
            RecallAsync([MemoryKind.Insight, MemoryKind.Fact, MemoryKind.Profile], top));
        var facts = live is null ? [] : Live(live, query).ToList();
        var known = facts.Select(fact => fact.Fact).ToHashSet(StringComparer.Ordinal);
        var kinds = found
            .Select((hits, kind) => (kind == 0 ? hits.Where(hit => !shown.Has(hit)) : hits).Take(top)
                .Select(hit => (Fact: TextOf(hit), Source: SourceOf(hit)))
                .Where(fact => known.Add(fact.Fact))
                .ToList())
            .ToList();
        facts.AddRange(Shares(kinds, (Kinds * top) - facts.Count));
        return facts;

        async Task<IReadOnlyList<RecallHit>> RecallAsync(IReadOnlyList<MemoryKind>? kinds, int limit) => (await cluster.User(user).RecallAsync(
            new RecallRequest
            {
                Query = query,
                Limit = limit,
                Filter = new MemoryFilter { AgentId = agent, Kinds = kinds },
                Turns = kinds is null,
                Records = kinds is not null,
            },
            cancellationToken)).Hits;
    }

    /// <summary>A fact as one text. What it holds passes for no other: its further lines are indented, and none begins as a mark of ours does.</summary>
    public static string TextOf(RecallHit hit) => MarkOf(hit) + PromptText.Indented(hit.Content);

    private static string MarkOf(RecallHit hit) => hit switch
    {
        { Message: { } message } => $"{SpeakerOf(message)}: ",
        { Record.Kind: MemoryKind.Summary } => "[Session Summary] ",
        { Record: { Kind: MemoryKind.Insight, Category: { } category } } => $"[Insight: {category}] ",
        { Record.Kind: MemoryKind.Insight } => "[Insight] ",
        { Record.Kind: MemoryKind.Fact } => "[Fact] ",
        { Record.Kind: MemoryKind.Profile } => "[Profile] ",
        _ => hit.Content.StartsWith('[') ? "[Interaction] " : "",
    };

    /// <summary>As many of several lists as there is room for, the first of each before the second of any, in the order of the lists.</summary>
    private static IEnumerable<T> Shares<T>(IReadOnlyList<IReadOnlyList<T>> lists, int room)
    {
        var taken = new int[lists.Count];
        for (var round = 0; room > 0 && lists.Any(list => list.Count > round); round++)
        {
            for (var list = 0; list < lists.Count && room > 0; list++)
            {
                if (lists[list].Count > round)
                {
                    taken[list]++;
                    room--;
                }
            }
        }

        return lists.SelectMany((list, at) => list.Take(taken[at]));
    }

    /// <summary>What the live session says that shares a word with the query.</summary>
    private static IEnumerable<(string Fact, RetrievedSource Source)> Live(SessionContext session, string query)
    {
        var said = session.ActiveContext.SelectMany(turn => turn.Messages)
            .Where(message => message is { Role: MessageRole.User or MessageRole.Assistant, Content.Length: > 0 })
            .ToList();
        var scores = WordRanking.Score(query, [Words.Count(session.CumulativeSummary), .. said.Select(message => Words.Count(message.Content))]);
        var best = Math.Max(scores.Max(), double.Epsilon);
        if (scores[0] > 0)
        {
            yield return ($"[Current Session Summary] {PromptText.Indented(session.CumulativeSummary)}", SourceOf(scores[0]));
        }

        var fitting = said.Where((_, index) => scores[index + 1] > 0).ToList();
        if (fitting.Count > 0)
        {
            yield return (
                "[Active Conversation] " + string.Join('\n', fitting.Select(message => $"{SpeakerOf(message)}: {PromptText.Indented(message.Content)}")),
                SourceOf(scores.Skip(1).Max()));
        }

        RetrievedSource SourceOf(double score) => new(null, "session", session.SessionId, Math.Round(score / best, 4));
    }

    private static RetrievedSource SourceOf(RecallHit hit)
    {
        var memory = RecalledMemories.Of(hit, "");
        return new RetrievedSource(memory.Id, memory.Kind, memory.SessionId, hit.Score) { Timestamp = hit.Timestamp };
    }

    private static string SpeakerOf(Message message) => message.Name is { } name && !name.StartsWith('[') ? name : message.Role.ToString().ToLowerInvariant();
}
