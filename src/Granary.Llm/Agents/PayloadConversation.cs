using System.Text.Json.Nodes;
using Granary.Llm.Functions;
using Granary.Llm.Rendering;
using Granary.Llm.Streaming;

namespace Granary.Llm.Agents;

/// <summary>A conversation over a payload that is already in a provider's dialect, which grows in that dialect.</summary>
/// <param name="renderer">The dialect.</param>
/// <param name="payload">What is asked first; it is changed.</param>
/// <param name="send">Sends the payload and gives the answer's events; must be done with the payload when they end.</param>
/// <param name="rawAnswer">The answer that was sent last, as the provider wrote it; null where it came in pieces.</param>
public sealed class PayloadConversation(
    IChatRenderer renderer,
    JsonObject payload,
    Func<JsonObject, CancellationToken, IAsyncEnumerable<StreamEvent>> send,
    Func<JsonObject?>? rawAnswer = null) : IToolConversation
{
    /// <inheritdoc />
    public IAsyncEnumerable<StreamEvent> AskAsync(CancellationToken cancellationToken) => send(payload, cancellationToken);

    /// <inheritdoc />
    public void Append(ChatResponse answer, IReadOnlyList<FunctionResult> results) => ToolTurn.AppendTo(renderer, payload, answer, results, rawAnswer?.Invoke());
}
