using Granary.Llm.Functions;
using Granary.Llm.Streaming;

namespace Granary.Llm.Agents;

/// <summary>A conversation with a model that grows by its tool calls and their results, in whatever dialect the model speaks. Not safe for several threads.</summary>
public interface IToolConversation
{
    /// <summary>Asks the model and gives its answer as it comes.</summary>
    /// <param name="cancellationToken">Ends the call.</param>
    IAsyncEnumerable<StreamEvent> AskAsync(CancellationToken cancellationToken);

    /// <summary>Appends an answer that calls tools, and the results of all its calls.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="results">A result for each of its calls, in their order.</param>
    void Append(ChatResponse answer, IReadOnlyList<FunctionResult> results);
}
