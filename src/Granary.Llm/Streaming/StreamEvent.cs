namespace Granary.Llm.Streaming;

/// <summary>What happens in an answer that comes in pieces, in no provider's dialect.</summary>
public enum StreamEventKind
{
    /// <summary>The answer begins: <see cref="StreamEvent.Id"/>, <see cref="StreamEvent.Name"/> (the model), perhaps usage of the prompt.</summary>
    Start,

    /// <summary>A piece of text.</summary>
    Content,

    /// <summary>A piece of reasoning.</summary>
    Reasoning,

    /// <summary>
    /// The provider signed its reasoning: <see cref="StreamEvent.Text"/> is the part as the provider wants it back, <see cref="StreamEvent.Name"/> the
    /// dialect, <see cref="StreamEvent.Id"/> the signature where the reasoning before it can be read.
    /// </summary>
    Signature,

    /// <summary>A tool call begins: <see cref="StreamEvent.Index"/>, <see cref="StreamEvent.Id"/>, <see cref="StreamEvent.Name"/>.</summary>
    ToolCallStart,

    /// <summary>A piece of the arguments of the call <see cref="StreamEvent.Index"/>.</summary>
    ToolCallDelta,

    /// <summary>The call <see cref="StreamEvent.Index"/> is whole; <see cref="StreamEvent.Text"/> has all of its arguments.</summary>
    ToolCallComplete,

    /// <summary>Usage as known so far; later ones replace or add to earlier ones field by field (the greater counts).</summary>
    Usage,

    /// <summary>Why the answer ended.</summary>
    Stop,

    /// <summary>The source said that nothing more comes.</summary>
    Done,

    /// <summary>The source failed, or broke off: <see cref="StreamEvent.Text"/> says how; what came before stays valid.</summary>
    Error,
}

/// <summary>An event of <see cref="StreamEventKind"/>; which fields hold something its kind says.</summary>
/// <param name="Kind">What happens.</param>
/// <param name="Text">Text, reasoning, arguments or message.</param>
/// <param name="Index">Which tool call, from 0 without gaps.</param>
/// <param name="Id">Of the answer or the tool call.</param>
/// <param name="Name">The model or the tool.</param>
/// <param name="Usage">Tokens.</param>
/// <param name="Finish">Why it ended.</param>
public readonly record struct StreamEvent(
    StreamEventKind Kind, string? Text = null, int Index = 0, string? Id = null, string? Name = null, ChatUsage? Usage = null, ChatFinish Finish = ChatFinish.Unknown);
