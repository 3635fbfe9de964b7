namespace Granary.Llm.Requests;

/// <summary>What a request's messages mean to a session: what of them is new, and what of the session they lack.</summary>
internal sealed record MergedTranscript
{
    /// <summary>The request's own instructions, in order. They belong to the request and are not stored.</summary>
    public IReadOnlyList<ModelMessage> System { get; init; } = [];

    /// <summary>
    /// Earlier messages of the request, to be stored before <see cref="New"/>; empty unless the session is, or holds only a part of them because storing
    /// them broke off. There may be more of them than one append takes (<see cref="AppendParts"/>).
    /// </summary>
    public IReadOnlyList<Message> Older { get; init; } = [];

    /// <summary>
    /// What is stored with the answer, in one append: what came after the request's last assistant message and is not stored yet. Empty for a
    /// regeneration of an answer to a user. The ids of tool results are those of the stored calls.
    /// </summary>
    public IReadOnlyList<Message> New { get; init; } = [];

    /// <summary>The first message of the stored answer that this append supersedes (<see cref="AppendRequest.Supersedes"/>), or null.</summary>
    public long? Supersedes { get; init; }

    /// <summary>
    /// What is stored in place of <see cref="New"/> if the session refuses to supersede with <see cref="ErrorCodes.NotLastAnswer"/>, or one append does
    /// not take all of it: the same question as a turn of its own.
    /// </summary>
    public IReadOnlyList<Message> NewTurn { get; init; } = [];

    /// <summary>
    /// What the provider gets, system messages apart: the stored turns that the request lacks, each at its place, and the request's own messages. The
    /// request's are the instances that were given.
    /// </summary>
    public IReadOnlyList<ModelMessage> Conversation { get; init; } = [];

    /// <summary>How many messages at the end of <see cref="Conversation"/> are the request's input: what came after its last assistant message, and the begun answer.</summary>
    public int InputMessages { get; init; }

    /// <summary>How many messages of <see cref="Conversation"/> come from the session.</summary>
    public int StoredMessages { get; init; }

    /// <summary>The begun answer that the model is to go on with: an assistant message without tool calls at the request's end. Not stored; part of <see cref="Conversation"/>.</summary>
    public ModelMessage? Begun { get; init; }
}
