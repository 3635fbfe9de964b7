using System.ComponentModel;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Granary.Llm.Functions;

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
    private const int MaxReadSessions = 20;
    private const int MaxReadMessages = 200;
    private const int MaxReadCharacters = 4_000_000;
    private const int FirstRead = 20;
    private const int MaxReadsAtOnce = 4;
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

    /// <summary>Finds what was said in the user's latest sessions, by words.</summary>
    [DisplayName("recall")]
    [Description("Finds what this user and you said in earlier conversations. Use it when something from before may help to answer.")]
    public async Task<IReadOnlyList<RecalledMessage>> RecallAsync(
        CallingContext context,
        [Description("Words to look for.")] string query,
        [Description("How many messages at the most, 1 to 20.")] int limit = 5,
        CancellationToken cancellationToken = default)
    {
        var user = Require(context);
        var page = await memory.User(user).ListSessionsAsync(new SessionQuery { Limit = MaxReadSessions }, cancellationToken).ConfigureAwait(false);
        var read = new IReadOnlyList<(string Session, Message Message)>[page.Sessions.Count];
        await Parallel.ForAsync(
            0,
            read.Length,
            new ParallelOptions { MaxDegreeOfParallelism = MaxReadsAtOnce, CancellationToken = cancellationToken },
            async (index, ended) =>
            {
                var session = page.Sessions[index];
                var history = memory.Session(new SessionKey(user.Tenant, user.User, session.SessionId));
                read[index] = [.. (await ReadLatestAsync(history, session.LastSequence, MaxReadCharacters / read.Length, ended).ConfigureAwait(false))
                    .Select(message => (session.SessionId, message))];
            }).ConfigureAwait(false);
        return
        [
            .. Best(query, [.. read.SelectMany(static session => session)], static entry => entry.Message.Content, limit).Select(static entry => new RecalledMessage(
                entry.Session, entry.Message.Sequence, entry.Message.Role, entry.Message.Timestamp, TextCut.To(entry.Message.Content, MaxShownCharacters))),
        ];
    }

    /// <summary>Appends a note to the session.</summary>
    [DisplayName("remember")]
    [Description("Writes a note into this conversation's lasting memory, as a message of yours that later conversations can recall. "
        + "Use it for facts and wishes of the user that are worth keeping; the conversation itself is kept anyway.")]
    public async Task<string> RememberAsync(
        CallingContext context,
        FunctionScope scope,
        [Description("What to remember, as a sentence that can be understood by itself.")] string content,
        CancellationToken cancellationToken = default)
    {
        Require(context);
        var session = context.ToSessionKey() ?? throw new FunctionException("there is no session to remember it in");
        if (string.IsNullOrWhiteSpace(content) || content.Length > MaxNoteCharacters)
        {
            throw new FunctionException($"the note must have 1 to {MaxNoteCharacters} characters");
        }

        await memory.Session(session).AppendAsync(
            new AppendRequest
            {
                Messages = [new Message { Role = MessageRole.Assistant, Content = content, Metadata = NoteMark }],
                AgentId = context.AgentId,
                IdempotencyKey = KeyOf(scope.CallId, content),
            },
            cancellationToken).ConfigureAwait(false);
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

    /// <summary>The latest messages with text of a session, the oldest first: as many as may be, and no more text than may be.</summary>
    private static async Task<IReadOnlyList<Message>> ReadLatestAsync(ISessionMemory session, long last, int characters, CancellationToken cancellationToken)
    {
        var found = new List<Message>();
        var count = 0;
        var left = characters;
        try
        {
            while (last > 0 && left > 0 && count < MaxReadMessages)
            {
                // As many at once as would fit if they are like those before: a message may be anything from a word to a book.
                var most = Math.Min(MaxReadMessages - count, last);
                var limit = (int)Math.Min(most, count == 0 ? FirstRead : Math.Max(1, (long)left * count / Math.Max(1, characters - left)));
                var messages = (await session.GetMessagesAsync(last - limit + 1, limit, cancellationToken).ConfigureAwait(false)).Messages;
                for (var i = messages.Count - 1; i >= 0 && left > 0; i--)
                {
                    left -= messages[i].Content.Length;
                    if (messages[i] is { Role: MessageRole.User or MessageRole.Assistant, Content.Length: > 0 } said)
                    {
                        found.Add(said);
                    }
                }

                count += limit;
                last -= limit;
            }
        }
        catch (MemoryException gone) when (gone is NotFoundException or ErasedException)
        {
            // Erased since it was listed.
            return [];
        }

        found.Reverse();
        return found;
    }

    private static string KeyOf(string? callId, string content) =>
        "remember:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{callId ?? Guid.NewGuid().ToString()}\n{content}")));

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

/// <summary>A message that was found.</summary>
/// <param name="SessionId">Its session.</param>
/// <param name="Sequence">Its place there.</param>
/// <param name="Role">Who said it.</param>
/// <param name="Time">When.</param>
/// <param name="Content">What, cut if long.</param>
public sealed record RecalledMessage(string SessionId, long Sequence, MessageRole Role, DateTimeOffset? Time, string Content);

/// <summary>A session that was found.</summary>
/// <param name="SessionId">The session.</param>
/// <param name="StartTime">When it began.</param>
/// <param name="LastUpdated">When something was last said.</param>
/// <param name="TurnCount">Its turns.</param>
/// <param name="Summary">What it was about, cut if long.</param>
/// <param name="Topics">The words that it is about.</param>
public sealed record FoundSession(string SessionId, DateTimeOffset StartTime, DateTimeOffset LastUpdated, int TurnCount, string Summary, IReadOnlyList<string> Topics);
