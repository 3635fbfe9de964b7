using Granary.Core.Tokens;

namespace Granary.Llm.Requests;

/// <summary>Everything that would be in a prompt if it had room, with its tokens.</summary>
internal sealed class PromptDraft
{
    private readonly ITokenCounter counter;

    public PromptDraft(AssemblyInput input, SessionContext? context, IReadOnlyList<RecalledText> recalled, ITokenCounter counter, Redactors redactors)
    {
        this.counter = counter;
        Model = input.Request.Model;
        Merged = TranscriptMerge.Merge(context, input.Request.Messages, redactors);
        Instructions = SystemBlock.Instructions(input.SystemPrompt, Merged.System, context);
        Snapshot = SystemBlock.Snapshot(context);
        Recalled = PromptRecall.NotSaid(recalled, Merged.Conversation);
        Conversation = [.. Merged.Conversation.Select(Item)];
        InputStart = Conversation.Count - Merged.InputMessages;
        Sent = input.Request.Messages;
        FoldedTurns = context is null ? 0 : Math.Max(0, FirstTurn(context) - 1);
        ToolTokens = RequestTokens.OfTools(counter, input.Request);
        Tokens = ToolTokens + Count(SystemBlock.Text(Instructions, Snapshot, null, Recalled)) + Conversation.Sum(item => item.Tokens);
    }

    public string Model { get; }

    public MergedTranscript Merged { get; }

    /// <summary>The instructions of the caller, the request and the session.</summary>
    public IReadOnlyList<string> Instructions { get; }

    /// <summary>What the session has folded, or null.</summary>
    public string? Snapshot { get; }

    public IReadOnlyList<RecalledText> Recalled { get; }

    /// <summary>Stored and sent messages.</summary>
    public IReadOnlyList<DraftItem> Conversation { get; }

    /// <summary>Where in the conversation the newest messages begin, which must stay.</summary>
    public int InputStart { get; }

    /// <summary>The request's messages as they came: errors name their places.</summary>
    public IReadOnlyList<ModelMessage> Sent { get; }

    public int FoldedTurns { get; }

    public int ToolTokens { get; }

    /// <summary>Tokens of all of it.</summary>
    public int Tokens { get; }

    private static int FirstTurn(SessionContext context) =>
        context.ActiveContext.FirstOrDefault(turn => turn.Turn > 0 && turn.Messages.Any(message => message.Role != MessageRole.System))?.Turn ?? (context.TurnCount + 1);

    /// <summary>Tokens of a system block; 0 for none.</summary>
    public int Count(string? system) => string.IsNullOrEmpty(system) ? 0 : counter.Count(new Message { Role = MessageRole.System, Content = system }, Model);

    /// <summary>A message with its tokens.</summary>
    public DraftItem Item(ModelMessage message) => new(message, RequestTokens.OfMessage(counter, message, Model));
}

/// <summary>A message of a prompt.</summary>
/// <param name="Message">The message.</param>
/// <param name="Tokens">Its tokens.</param>
internal readonly record struct DraftItem(ModelMessage Message, int Tokens);

/// <summary>A prompt that fits.</summary>
/// <param name="Messages">One system message at most, then the conversation.</param>
/// <param name="Tokens">Tokens of all, tools included, by the estimate.</param>
/// <param name="LeftOut">What is not in it.</param>
internal sealed record FittedPrompt(IReadOnlyList<ModelMessage> Messages, int Tokens, LeftOut LeftOut);
