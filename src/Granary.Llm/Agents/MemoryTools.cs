using System.ComponentModel;
using System.Text.Json;
using Granary.Llm.Functions;
using Granary.Llm.Requests;

namespace Granary.Llm.Agents;

/// <summary>
/// Memory's own tools for models. Whose memory it is comes from the <see cref="CallingContext"/> alone: no argument names a tenant, a user or the
/// session to write to.
/// </summary>
public sealed class MemoryTools
{
    // Bounds of one call, so that a model's question costs little however much there is.
    private const int MaxResults = 20;
    private const int MaxListedSessions = 200;
    private const int MaxQueryCharacters = 8_192;
    private const int MaxShownCharacters = 500;
    private const int MaxNoteCharacters = 4_000;

    private readonly IMemoryCluster memory;

    /// <summary>Makes the tools.</summary>
    /// <param name="memory">The memory.</param>
    public MemoryTools(IMemoryCluster memory)
    {
        ArgumentNullException.ThrowIfNull(memory);
        this.memory = memory;
        Functions = MethodDiscovery.Of(typeof(MemoryTools), this, services: null);
    }

    /// <summary>The tools as functions.</summary>
    public IReadOnlyList<AgentFunction> Functions { get; }

    /// <summary>Finds what is known of the user and what was said in the user's sessions.</summary>
    [DisplayName("recall")]
    [Description("Finds what this user and you said in earlier conversations, and what is known about this user. Use it when something from before may help to answer.")]
    public async Task<IReadOnlyList<RecalledItem>> RecallAsync(
        CallingContext context,
        [Description("What to look for, in words.")] string query,
        [Description("How many results at the most, 1 to 20.")] int limit = 5,
        CancellationToken cancellationToken = default)
    {
        var user = Require(context);
        if (string.IsNullOrWhiteSpace(query) || query.Length > MaxQueryCharacters)
        {
            throw new FunctionException($"the query must have 1 to {MaxQueryCharacters} characters");
        }

        var most = Math.Clamp(limit, 1, MaxResults);
        var shown = await ShownMessages.OfAsync(memory, context.ToSessionKey(), cancellationToken).ConfigureAwait(false);
        var found = await memory.User(user).RecallAsync(
            new RecallRequest { Query = query, Limit = shown.LimitFor(most), Filter = new MemoryFilter { AgentId = shown.AgentId ?? context.AgentId ?? Ids.DefaultAgent } }, cancellationToken).ConfigureAwait(false);
        return
        [
            .. found.Hits.Where(hit => !shown.Has(hit)).Take(most).Select(static hit => new RecalledItem(
                hit.Id,
                hit.Record is { } record ? record.Kind.ToString().ToLowerInvariant() : "message",
                hit.SessionId,
                hit.Message?.Role,
                hit.Timestamp,
                TextCut.To(hit.Content, MaxShownCharacters))),
        ];
    }

    /// <summary>Keeps a fact about the user.</summary>
    [DisplayName("remember")]
    [Description("Keeps a fact or a wish of the user that is worth knowing in later conversations; the conversation itself is kept anyway. What is known already is not kept twice.")]
    public async Task<string> RememberAsync(
        CallingContext context,
        [Description("What to remember, as a sentence that can be understood by itself.")] string content,
        CancellationToken cancellationToken = default)
    {
        var user = Require(context);
        if (string.IsNullOrWhiteSpace(content) || content.Length > MaxNoteCharacters)
        {
            throw new FunctionException($"the note must have 1 to {MaxNoteCharacters} characters");
        }

        var draft = new MemoryDraft
        {
            Content = content,
            AgentId = context.AgentId,
            Metadata = NoteMark,
            Sources = context.ToSessionKey() is { } session ? [new MemorySource(session.Session)] : [],
        };
        await memory.User(user).RememberAsync(new RememberRequest([draft]), cancellationToken).ConfigureAwait(false);
        return "Remembered.";
    }

    /// <summary>Finds sessions of the user by their summaries and topics.</summary>
    [DisplayName("search_sessions")]
    [Description("Finds earlier conversations of this user by what they were about, with their summaries.")]
    public async Task<IReadOnlyList<FoundSession>> SearchSessionsAsync(
        CallingContext context,
        [Description("Words to look for; empty for the latest conversations.")] string query = "",
        [Description("How many conversations at the most, 1 to 20.")] int limit = 5,
        CancellationToken cancellationToken = default)
    {
        var user = Require(context);
        var page = await memory.User(user).ListSessionsAsync(new SessionQuery { Limit = MaxListedSessions }, cancellationToken).ConfigureAwait(false);
        var found = string.IsNullOrWhiteSpace(query)
            ? page.Sessions.Take(Math.Clamp(limit, 1, MaxResults))
            : Best(query, page.Sessions, static session => $"{session.CumulativeSummary} {string.Join(' ', session.Topics)}", limit);
        return
        [
            .. found.Select(static session => new FoundSession(
                session.SessionId,
                session.StartTime,
                session.LastUpdated,
                session.TurnCount,
                TextCut.To(session.CumulativeSummary, MaxShownCharacters),
                session.Topics)),
        ];
    }

    private static readonly JsonElement NoteMark = JsonElement.Parse("""{"kind":"note"}""");

    private static UserKey Require(CallingContext context) => context.ToUserKey() ?? throw new FunctionException("there is no user whose memory this could be");

    private static IEnumerable<T> Best<T>(string query, IReadOnlyList<T> entries, Func<T, string> text, int limit)
    {
        var scores = WordRanking.Score(query, [.. entries.Select(entry => Words.Count(text(entry)))]);
        return Enumerable.Range(0, entries.Count)
            .Where(i => scores[i] > 0)
            .OrderByDescending(i => scores[i])
            .Take(Math.Clamp(limit, 1, MaxResults))
            .Select(i => entries[i]);
    }
}

/// <summary>Something that was found.</summary>
/// <param name="Id">Its id among the user's memories.</param>
/// <param name="Kind"><c>message</c>, or the kind of the memory.</param>
/// <param name="SessionId">The session that it is from, or null.</param>
/// <param name="Role">Who said it, where it is a message.</param>
/// <param name="Time">When.</param>
/// <param name="Content">What, cut if long.</param>
public sealed record RecalledItem(string Id, string Kind, string? SessionId, MessageRole? Role, DateTimeOffset Time, string Content);

/// <summary>A session that was found.</summary>
/// <param name="SessionId">The session.</param>
/// <param name="StartTime">When it began.</param>
/// <param name="LastUpdated">When something was last said.</param>
/// <param name="TurnCount">Its turns.</param>
/// <param name="Summary">What it was about, cut if long.</param>
/// <param name="Topics">The words that it is about.</param>
public sealed record FoundSession(string SessionId, DateTimeOffset StartTime, DateTimeOffset LastUpdated, int TurnCount, string Summary, IReadOnlyList<string> Topics);
