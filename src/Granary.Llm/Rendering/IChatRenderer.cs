using System.Text.Json.Nodes;

namespace Granary.Llm.Rendering;

/// <summary>Writes and reads whole requests and answers in one dialect. Without state.</summary>
public interface IChatRenderer
{
    /// <summary>The dialect.</summary>
    ChatDialect Dialect { get; }

    /// <summary>The request as the dialect's body, made valid for it: roles, order, tool calls without results.</summary>
    JsonObject RenderRequest(ChatRequest request);

    /// <summary>
    /// Reads a body of the dialect; what has no place in a <see cref="ChatRequest"/> is left out. Of a body of Gemini, whose address says the model and
    /// whether to stream, neither is known: the model is empty unless the body has a <c>model</c>.
    /// </summary>
    /// <exception cref="InvalidRequestException">It breaks the dialect's rules; the field is named.</exception>
    ChatRequest ParseRequest(JsonObject body);

    /// <summary>
    /// The messages as entries of the dialect's list, without system messages where the dialect has a place of their own for them. They may be a stretch of
    /// a conversation whose rest is elsewhere: roles and names are made fit, but calls without results, or results without calls, stay as they are.
    /// </summary>
    JsonArray RenderMessages(IReadOnlyList<ModelMessage> messages);

    /// <summary>The answer as the dialect's body.</summary>
    JsonObject RenderResponse(ChatResponse response);

    /// <summary>Reads a provider's whole answer.</summary>
    /// <exception cref="FormatException">It is no answer of this dialect.</exception>
    ChatResponse ParseResponse(JsonObject body);

    /// <summary>An error in the dialect's shape, as its official clients understand it.</summary>
    /// <param name="status">The HTTP status.</param>
    /// <param name="code">A stable name of the case.</param>
    /// <param name="message">What happened.</param>
    JsonObject RenderError(int status, string code, string message);
}
