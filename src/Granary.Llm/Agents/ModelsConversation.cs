using Granary.Llm.Functions;
using Granary.Llm.Providers;
using Granary.Llm.Streaming;

namespace Granary.Llm.Agents;

/// <summary>A conversation over <see cref="IChatModels"/>, which renders it in the dialect of whichever provider answers.</summary>
/// <param name="models">The models.</param>
/// <param name="request">What is asked first.</param>
public sealed class ModelsConversation(IChatModels models, ChatRequest request) : IToolConversation
{
    private readonly List<ModelMessage> messages = [.. request.Messages];
    private readonly List<SignedThoughts> thoughts = [.. request.Thoughts];

    /// <inheritdoc />
    public IAsyncEnumerable<StreamEvent> AskAsync(CancellationToken cancellationToken) =>
        models.StreamAsync(request with { Messages = [.. messages], Thoughts = [.. thoughts], Stream = true }, cancellationToken);

    /// <inheritdoc />
    public void Append(ChatResponse answer, IReadOnlyList<FunctionResult> results)
    {
        messages.AddRange(ToolTurn.Of(answer, results));
        if (ToolTurn.ThoughtsOf(answer) is { } signed)
        {
            thoughts.Add(signed);
        }
    }
}
