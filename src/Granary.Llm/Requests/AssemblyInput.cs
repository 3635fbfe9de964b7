using Granary.Llm.Providers;
using Granary.Llm.Rendering;

namespace Granary.Llm.Requests;

/// <summary>What a prompt is put together from.</summary>
public sealed record AssemblyInput
{
    /// <summary>The session whose memory goes into the prompt.</summary>
    public required ISessionMemory Session { get; init; }

    /// <summary>
    /// The request: its messages may be only what is new, or as much of the conversation as the caller has. Its <see cref="ChatRequest.MaxTokens"/> is
    /// what is kept free for the answer.
    /// </summary>
    public required ChatRequest Request { get; init; }

    /// <summary>What is known of the model: its limits make the budget.</summary>
    public required ModelInfo Model { get; init; }

    /// <summary>Writes the payload.</summary>
    public required IChatRenderer Renderer { get; init; }

    /// <summary>Instructions that go before the request's own, or null.</summary>
    public string? SystemPrompt { get; init; }

    /// <summary>Finds what else belongs into the prompt, or null for nothing.</summary>
    public IRecallSource? Recall { get; init; }

    /// <summary>Asks the provider how many tokens a prompt has, where it can tell, or null. Asked only when the estimate comes near the budget.</summary>
    public Func<ChatRequest, CancellationToken, ValueTask<int?>>? CountAtProvider { get; init; }
}
