using System.Text.Json;
using System.Text.Json.Nodes;
using Granary.Llm;

namespace Granary.Http.Proxy.Shapes;

/// <summary>The body of Anthropic's <c>/v1/messages</c>.</summary>
internal sealed class MessagesShape(JsonObject body) : RequestShape(body)
{
    public override ChatDialect Dialect => ChatDialect.Anthropic;

    /// <summary>Clients put anything here, such as hashes for the provider's watch over misuse.</summary>
    public override string? OpaqueUser =>
        Body["metadata"] is JsonObject metadata && metadata["user_id"] is JsonValue value && value.TryGetValue<string>(out var user) ? user : null;

    public override JsonArray Items => Array("messages");

    public override void SetMaxTokens(int value) => Body["max_tokens"] = value;

    public override void AddSystem(string text)
    {
        var block = new JsonObject { ["type"] = "text", ["text"] = text };
        switch (Body["system"])
        {
            case null:
                Body["system"] = text;
                break;
            case JsonArray blocks:
                blocks.Add(block);
                break;
            case JsonValue value when value.GetValueKind() == JsonValueKind.String:
                Body["system"] = value.GetValue<string>() is { Length: > 0 } own
                    ? new JsonArray(new JsonObject { ["type"] = "text", ["text"] = own }, block)
                    : text;
                break;
            default:
                throw new InvalidRequestException("system", "must be a string or an array");
        }
    }

    protected override bool IsInstruction(JsonNode? item) => false;

    protected override bool OpensTurn(JsonNode? item)
    {
        if (Role(item) != "user")
        {
            return false;
        }

        return item!["content"] is not JsonArray blocks
            || blocks.Any(block => block is JsonObject entry && (entry["type"] is not JsonValue type || !type.TryGetValue<string>(out var name) || name != "tool_result"));
    }
}
