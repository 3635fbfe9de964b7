using System.Text.Json.Nodes;
using Granary.Llm.Rendering.Json;
using Granary.Llm.Rendering.Repairs;

namespace Granary.Llm.Rendering.Dialects;

/// <summary>
/// Anthropic's messages. All system messages become <c>system</c>; users and assistants alternate, a user first; the results of an assistant's calls stand
/// together at the beginning of the one user message that follows.
/// </summary>
internal sealed class AnthropicRenderer : IChatRenderer
{
    /// <summary>Anthropic has no default of its own.</summary>
    private const int DefaultMaxTokens = 4_000;

    public ChatDialect Dialect => ChatDialect.Anthropic;

    public JsonObject RenderRequest(ChatRequest request)
    {
        var messages = Conversation.Whole(request.Messages);
        var list = AnthropicMessages.Render(messages, request.Thoughts);
        if (list.Count == 0 || list[0]!["role"]!.GetValue<string>() != "user")
        {
            list.Insert(0, new JsonObject { ["role"] = "user", ["content"] = Conversation.Filler });
        }

        AnthropicMessages.TrimEnd(list);
        var system = Conversation.SystemText(messages);
        if (request.ResponseFormat is { } format)
        {
            system = JsonMode.AppendTo(system, JsonMode.Instruction(format));
        }

        var body = new JsonObject { ["model"] = request.Model, ["max_tokens"] = request.MaxTokens ?? DefaultMaxTokens }
            .With("system", system)
            .With("messages", list)
            .With("stop_sequences", JsonNodes.ListOrNull([.. request.Stop.Where(stop => !string.IsNullOrWhiteSpace(stop))]));
        RenderTools(request, messages, body);
        if (!AnthropicThinking.TryRender(request, messages, body) && !AnthropicThinking.HasFixedSampling(request.Model))
        {
            // Newer models refuse both together. The scale ends at 1.
            body.With("temperature", request.Temperature is { } temperature ? Math.Min(temperature, 1) : null)
                .With("top_p", request.Temperature is null ? request.TopP : null);
        }

        return request.Stream ? body.With("stream", true) : body;
    }

    public JsonArray RenderMessages(IReadOnlyList<ModelMessage> messages) => AnthropicMessages.Render(Conversation.Stretch(messages), []);

    public ChatRequest ParseRequest(JsonObject body) => AnthropicRequests.Parse(body);

    public ChatResponse ParseResponse(JsonObject body) => AnthropicResponses.Parse(body);

    public JsonObject RenderResponse(ChatResponse response) => AnthropicResponses.Render(response);

    public JsonObject RenderError(int status, string code, string message) => new()
    {
        ["type"] = "error",
        ["error"] = new JsonObject
        {
            ["type"] = status switch
            {
                401 => "authentication_error",
                402 => "billing_error",
                403 => "permission_error",
                404 => "not_found_error",
                413 => "request_too_large",
                429 => "rate_limit_error",
                503 or 529 => "overloaded_error",
                504 => "timeout_error",
                >= 500 => "api_error",
                _ => "invalid_request_error",
            },
            ["message"] = message,
        },
    };

    private static void RenderTools(ChatRequest request, IReadOnlyList<ModelMessage> messages, JsonObject body)
    {
        if (request.Tools.Count > 0)
        {
            body["tools"] = new JsonArray([.. request.Tools.Select(tool => Tool(tool.Name, tool.Description, OpenAITools.Parameters(tool)))]);
            body.With("tool_choice", Choice(request.ToolChoice, AnthropicThinking.RefusesForcedTools(request.Model)));
            return;
        }

        // Messages with calls are refused unless tools are defined; these may not be called again.
        var called = messages.Where(message => message.ToolCalls is not null).SelectMany(message => message.ToolCalls!).Select(call => call.Name).Distinct().ToList();
        if (called.Count > 0)
        {
            body["tools"] = new JsonArray([.. called.Select(name => Tool(name, "", OpenAITools.NoParameters()))]);
            body["tool_choice"] = new JsonObject { ["type"] = "none" };
        }
    }

    private static JsonObject Tool(string name, string description, JsonObject schema) =>
        new JsonObject { ["name"] = ToolNames.Fit(name) }.With("description", description.Length == 0 ? null : description).With("input_schema", schema);

    private static JsonObject? Choice(ToolChoice? choice, bool refusesForce)
    {
        if (choice is null)
            return null;

        var rendered = choice.Kind switch
        {
            ToolChoiceKind.None => new JsonObject { ["type"] = "none" },
            ToolChoiceKind.Required or ToolChoiceKind.Named when refusesForce => new() { ["type"] = "auto" },
            ToolChoiceKind.Required => new() { ["type"] = "any" },
            ToolChoiceKind.Named => new() { ["type"] = "tool", ["name"] = ToolNames.Fit(choice.Name) },
            _ => new() { ["type"] = "auto" },
        };

        return choice.AllowParallel is { } parallel && choice.Kind != ToolChoiceKind.None ? rendered.With("disable_parallel_tool_use", !parallel) : rendered;
    }
}
