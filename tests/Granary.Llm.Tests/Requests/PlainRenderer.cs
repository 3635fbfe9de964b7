using System.Text.Json;
using System.Text.Json.Nodes;
using Granary.Llm.Rendering;

namespace Granary.Llm.Tests.Requests;

/// <summary>A dialect of role and text.</summary>
internal sealed class PlainRenderer : IChatRenderer
{
    public ChatDialect Dialect => ChatDialect.OpenAIChat;

    public JsonObject RenderRequest(ChatRequest request) => new() { ["model"] = request.Model, ["messages"] = RenderMessages(request.Messages) };

    public JsonArray RenderMessages(IReadOnlyList<ModelMessage> messages) => [.. messages.Select(message => JsonSerializer.SerializeToNode(message))];

    public ChatRequest ParseRequest(JsonObject body) => throw new NotSupportedException();

    public JsonObject RenderResponse(ChatResponse response) => throw new NotSupportedException();

    public ChatResponse ParseResponse(JsonObject body) => throw new NotSupportedException();

    public JsonObject RenderError(int status, string code, string message) => throw new NotSupportedException();
}
