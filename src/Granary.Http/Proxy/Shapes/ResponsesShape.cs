using System.Text.Json;
using System.Text.Json.Nodes;
using Granary.Llm;

namespace Granary.Http.Proxy.Shapes;

/// <summary>The body of <c>/v1/responses</c>.</summary>
internal sealed class ResponsesShape(JsonObject body) : RequestShape(body)
{
    public override ChatDialect Dialect => ChatDialect.OpenAIResponses;

    public override string? User => Text(Body, "user", "user");

    public override string? Conversation => Body["conversation"] is JsonObject conversation
        ? Text(conversation, "id", "conversation.id")
        : Text(Body, "conversation", "conversation");

    public override string? PreviousResponse => Text(Body, "previous_response_id", "previous_response_id");

    public override (string Field, string Rule)? Unsupported =>
        Body["background"] is JsonValue value && value.TryGetValue<bool>(out var background) && background
            ? ("background", "cannot be used with memory: the answer must come in the answer to the call")
            : null;

    public override JsonArray Items
    {
        get
        {
            switch (Body["input"])
            {
                case JsonArray array:
                    return array;
                case JsonValue value when value.GetValueKind() == JsonValueKind.String:
                    var items = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = value.GetValue<string>() });
                    Body["input"] = items;
                    return items;
                default:
                    throw new InvalidRequestException("input", "must be a string or an array");
            }
        }
    }

    public override void SetMaxTokens(int value) => Body["max_output_tokens"] = value;

    public override void FixSampling()
    {
        Body.Remove("temperature");
        Body.Remove("top_p");
    }

    public override void TakeOutScope()
    {
        base.TakeOutScope();
        Body.Remove("conversation");
        Body.Remove("previous_response_id");
    }

    public override void AddSystem(string text)
    {
        var items = Items;
        var at = 0;
        while (at < items.Count && IsInstruction(items[at]))
        {
            at++;
        }

        items.Insert(at, new JsonObject { ["role"] = at > 0 ? Role(items[at - 1])! : "developer", ["content"] = text });
    }

    protected override bool IsInstruction(JsonNode? item) => Role(item) is "system" or "developer";

    protected override bool OpensTurn(JsonNode? item) => Role(item) == "user";
}
