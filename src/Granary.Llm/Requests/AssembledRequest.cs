using System.Text.Json.Nodes;

namespace Granary.Llm.Requests;

/// <summary>A prompt that fits, and how it came to be. The same input gives the same bytes.</summary>
public sealed record AssembledRequest
{
    /// <summary>The session.</summary>
    public required SessionKey Session { get; init; }

    /// <summary>The request with all its messages: at most one system message, then the conversation.</summary>
    public required ChatRequest Request { get; init; }

    /// <summary>The same in the provider's dialect.</summary>
    public required JsonObject Payload { get; init; }

    /// <summary>Tokens of the prompt: the provider's count where it was asked and answered in time, otherwise the estimate. Tools included.</summary>
    public required int Tokens { get; init; }

    /// <summary>Tokens that the prompt was allowed.</summary>
    public required int InputBudget { get; init; }

    /// <summary>The share of the budget from which on the session is to be compacted.</summary>
    public required double CompactionRatio { get; init; }

    /// <summary>The session's compaction epoch; 1 for a session that does not exist yet.</summary>
    public required int Epoch { get; init; }

    /// <summary>Whether the session was compacted for this prompt.</summary>
    public bool Compacted { get; init; }

    /// <summary>What is not in the prompt.</summary>
    public required LeftOut LeftOut { get; init; }

    /// <summary>Messages to store into an empty session, before <see cref="New"/>: more than one append takes, if need be (<see cref="AppendParts"/>).</summary>
    public IReadOnlyList<Message> Older { get; init; } = [];

    /// <summary>Messages to store with the answer: in one append, or as many as <see cref="AppendParts"/> says.</summary>
    public IReadOnlyList<Message> New { get; init; } = [];

    /// <summary>The answer that the append supersedes, or null.</summary>
    public long? Supersedes { get; init; }

    /// <summary>
    /// What is stored in place of <see cref="New"/>, superseding nothing, if the session refuses to supersede with <see cref="ErrorCodes.NotLastAnswer"/>.
    /// </summary>
    public IReadOnlyList<Message> NewTurn { get; init; } = [];

    /// <summary>
    /// The session's ETag that all of this is about, for <see cref="AppendRequest.IfMatch"/>; null for a session that did not exist. Where it is refused,
    /// another call stored in between, and the request is to be assembled anew to know what of it is still new.
    /// </summary>
    public string? ETag { get; init; }

    /// <summary>What the estimate alone said, 1 or more: what <see cref="UsageTracker"/> compares with the provider's report.</summary>
    internal int Estimate { get; init; }

    /// <summary>Whether a report of this prompt's tokens teaches the counter.</summary>
    internal bool Teaches { get; init; }

    /// <summary>Whether any message came from the session: only then does compaction make the next prompt smaller.</summary>
    internal bool HasMemory { get; init; }
}

/// <summary>What of a conversation is not in a prompt, or not whole.</summary>
public sealed record LeftOut
{
    /// <summary>Turns before the first one that the session has not folded: the snapshot stands for them.</summary>
    public int FoldedTurns { get; init; }

    /// <summary>Messages of the conversation that did not fit; a summary in the system block stands for them.</summary>
    public int Messages { get; init; }

    /// <summary>Results of tools that were cut.</summary>
    public int CutToolResults { get; init; }

    /// <summary>Characters that were cut from results of tools.</summary>
    public int CutCharacters { get; init; }

    /// <summary>Texts that were recalled and did not fit.</summary>
    public int Recalled { get; init; }

    /// <summary>Whether the snapshot of what was folded did not fit.</summary>
    public bool Snapshot { get; init; }

    /// <summary>Why nothing was recalled, if recall failed.</summary>
    public string? RecallError { get; init; }
}
