using Granary.Llm.Requests;

namespace Granary.Http.Proxy;

/// <summary>What a request says, in the form in which a session would take it.</summary>
internal sealed class Conversation
{
    /// <summary>Messages before the new ones that are kept to find the place of a turn in a session that has others.</summary>
    private const int KeptBefore = 8;

    private readonly IReadOnlyList<ModelMessage> _messages;
    private HashSet<ModelMessage>? _own;

    private Conversation(IReadOnlyList<ModelMessage> messages) => _messages = messages;

    /// <summary>How many of its messages are a user's.</summary>
    public int UserMessages => _messages.Count(message => message.Role == MessageRole.User);

    /// <summary>What the user said first, or null.</summary>
    public ModelMessage? FirstQuestion => _messages.FirstOrDefault(message => message.Role == MessageRole.User);

    /// <summary>Its tokens, roughly: four characters each, which is near enough to tell whether a session's view must be cut.</summary>
    public int Tokens => _messages.Sum(message => (message.Content.Length + (message.ToolCalls?.Sum(call => call.Arguments.GetRawText().Length) ?? 0)) / 4);

    /// <summary>Whether anything is said at all.</summary>
    public bool IsEmpty => _messages.All(message => message.Role == MessageRole.System);

    public static Conversation Of(IReadOnlyList<ModelMessage> messages)
    {
        var storable = new List<ModelMessage>(messages.Count);
        foreach (var message in messages)
        {
            if (StorableMessage.Of(message) is { } taken)
            {
                storable.Add(taken);
            }
        }

        return new Conversation(storable);
    }

    /// <summary>Without what is only needed where the session is empty.</summary>
    public Conversation Slim()
    {
        var last = _messages.Count - 1;
        while (last >= 0 && _messages[last].Role != MessageRole.Assistant)
        {
            last--;
        }

        _own = null;
        return last <= KeptBefore ? this : new Conversation([.. _messages.Skip(last - KeptBefore)]);
    }

    /// <summary>What it means to a session.</summary>
    /// <param name="context">The session; null if it does not exist.</param>
    /// <param name="after">The session's last sequence before the answer that the request goes on from, where it names one.</param>
    /// <param name="redactors">Apply what the session redacts.</param>
    public MergedTranscript MergeInto(SessionContext? context, long? after, Redactors redactors) =>
        TranscriptMerge.Merge(context, after is { } sequence && context is not null ? [.. UpTo(context, sequence), .. _messages] : _messages, redactors);

    /// <summary>Whether a message of a merge is one of these.</summary>
    public bool Has(ModelMessage message) => (_own ??= new HashSet<ModelMessage>(_messages, ReferenceEqualityComparer.Instance)).Contains(message);

    /// <summary>What a client that names an answer would have sent instead: all that the session had up to its end.</summary>
    private static IEnumerable<ModelMessage> UpTo(SessionContext context, long sequence)
    {
        var view = context.ActiveContext.SelectMany(turn => turn.Messages).Where(message => message.Role != MessageRole.System).ToList();
        var answer = view.FindIndex(message => message.Sequence > sequence && message.Role == MessageRole.Assistant);
        return view.Take(answer + 1).Select(StorableMessage.ToModel);
    }
}
