using System.Globalization;

namespace Granary.Sample.Replay.Conversations;

/// <summary>What to send to the service for one session of a conversation.</summary>
/// <param name="UserId">The user: one for each pair of speakers.</param>
/// <param name="SessionId">The session: the conversation and the number.</param>
/// <param name="Appends">The appends, in order.</param>
internal sealed record SessionScript(string UserId, string SessionId, IReadOnlyList<TurnScript> Appends)
{
    private const string TimeFormat = "h:mm tt 'on' d MMMM, yyyy";

    /// <summary>The scripts of a conversation, a session each.</summary>
    /// <exception cref="ConversationFileException">The conversation breaks a rule.</exception>
    public static IReadOnlyList<SessionScript> Of(Conversation conversation)
    {
        if (conversation.Speakers is not [var user, ..])
            throw new ConversationFileException($"Conversation {conversation.Id} names no speakers.");
        var userId = SafeId(string.Join('+', conversation.Speakers));
        return [.. conversation.Sessions.Select(session => new SessionScript(userId, SafeId($"{conversation.Id}:{session.N}"), TurnsOf(conversation, session, user)))];
    }

    /// <summary>When a session was, from the file's words. Its zone is not said; it is taken as UTC.</summary>
    public static DateTimeOffset ParseTime(string text) =>
        DateTimeOffset.TryParseExact(text, TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AllowWhiteSpaces, out var time)
            ? time
            : throw new ConversationFileException($"'{text}' is no time like '1:56 pm on 8 May, 2023'.");

    /// <summary>Cuts a session into turns: what the first speaker says, and all that follows until that speaker says something new.</summary>
    private static List<TurnScript> TurnsOf(Conversation conversation, ConversationSession session, string user)
    {
        var time = ParseTime(session.DateTime);
        var turns = new List<TurnScript>();
        var messages = new List<Message>();
        string? first = null;
        var answered = false;
        foreach (var said in session.Turns)
        {
            var byUser = said.Speaker == user;
            if (byUser && answered)
                Flush();
            first ??= said.Id;
            answered |= !byUser;
            messages.AddRange(MessagesOf(said, byUser, time));
        }

        Flush();
        return turns;

        void Flush()
        {
            if (first is null)
                return;
            // The same turn has the same key in every run, so that a second run changes nothing.
            turns.Add(new TurnScript(SafeId($"{conversation.Id}:{session.N}:{first}"), messages));
            (messages, first, answered) = ([], null, false);
        }
    }

    private static IEnumerable<Message> MessagesOf(Utterance said, bool byUser, DateTimeOffset time)
    {
        if (said.ToolCalls is { Count: > 0 } calls)
        {
            yield return new Message
            {
                Role = MessageRole.Assistant,
                Name = said.Speaker,
                Timestamp = time,
                ToolCalls = [.. calls.Select(call => new ToolCall(call.Id, call.Name, call.Arguments))],
            };
            foreach (var call in calls)
            {
                yield return new Message
                {
                    Role = MessageRole.Tool,
                    Name = call.Name,
                    Timestamp = time,
                    Content = call.Result.ValueKind == System.Text.Json.JsonValueKind.String ? call.Result.GetString() : call.Result.GetRawText(),
                    ToolCallId = call.Id,
                    ToolError = call.Error,
                };
            }
        }

        yield return new Message
        {
            Role = byUser ? MessageRole.User : MessageRole.Assistant,
            Name = said.Speaker,
            Timestamp = time,
            Content = said.ImageCaption is { Length: > 0 } caption ? $"{said.Text} [image: {caption}]" : said.Text,
        };
    }

    /// <summary>An id of the service's grammar made of any text.</summary>
    private static string SafeId(string text)
    {
        var safe = string.Concat(text.Select(character => Ids.IsValid($"x{character}") ? character : '-'));
        return safe.Length <= Ids.MaxLength ? safe : safe[..Ids.MaxLength];
    }
}

/// <summary>One append: a turn's messages and the key that makes it safe to send twice.</summary>
internal sealed record TurnScript(string IdempotencyKey, IReadOnlyList<Message> Messages);
