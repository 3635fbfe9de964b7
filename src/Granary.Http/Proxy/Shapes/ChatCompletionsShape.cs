using System.Text.Json.Nodes;
using Granary.Llm;

namespace Granary.Http.Proxy.Shapes;

/// <summary>The body of <c>/v1/chat/completions</c>.</summary>
internal sealed class ChatCompletionsShape(JsonObject body) : RequestShape(body)
{
    public override ChatDialect Dialect => ChatDialect.OpenAIChat;

    public override string? User => Text(Body, "user", "user");

    public override JsonArray Items => Array("messages");

    public override int Choices => Body["n"] is JsonValue value && value.TryGetValue<int>(out var choices) ? choices : 1;

    public override void SetMaxTokens(int value)
    {
        Body.Remove("max_completion_tokens");
        Body["max_tokens"] = value;
    }

    public override void FixSampling()
    {
        if (Body["max_tokens"] is { } limit)
        {
            Body.Remove("max_tokens");
            Body.TryAdd("max_completion_tokens", limit);
        }

        Body.Remove("temperature");
        Body.Remove("top_p");
    }

    public override void AddSystem(string text)
    {
        var items = Items;
        var at = 0;
        while (at < items.Count && IsInstruction(items[at]))
        {
            at++;
        }

        // A client that says developer talks to a model that knows it.
        var role = at > 0 ? Role(items[at - 1])! : "system";
        items.Insert(at, new JsonObject { ["role"] = role, ["content"] = text });
    }

    protected override bool IsInstruction(JsonNode? item) => Role(item) is "system" or "developer";

    protected override bool OpensTurn(JsonNode? item) => Role(item) == "user";
}
