using System.Text.Json.Nodes;
using Granary.Llm.Rendering.Json;
using Granary.Llm.Rendering.Repairs;

namespace Granary.Llm.Rendering.Dialects;

/// <summary>
/// Gemini's generateContent. All system messages become <c>systemInstruction</c>; user and model alternate, the user first; the responses to a model's calls
/// are the content right after it, as many as there were calls. The model is named by the address, not in the body.
/// </summary>
internal sealed class GeminiRenderer : IChatRenderer
{
    /// <summary>The first version that takes calls and a form of the answer together, wants signatures of its thoughts back, and knows levels of thinking.</summary>
    private const double Third = 3;

    /// <summary>The first version that thinks.</summary>
    private const double Thinks = 2.5;

    public ChatDialect Dialect => ChatDialect.Gemini;

    public JsonObject RenderRequest(ChatRequest request)
    {
        var messages = Conversation.Whole(request.Messages);
        var version = ModelFamilies.Version(request.Model);
        var contents = GeminiContents.Render(messages, request.Thoughts);
        if (contents.Count == 0 || contents[0]!["role"]!.GetValue<string>() != "user")
        {
            contents.Insert(0, GeminiContents.Filler());
        }

        if (version >= Third)
        {
            GeminiContents.Sign(contents);
        }

        var system = Conversation.SystemText(messages);
        var isForm = request.ResponseFormat is not null && (request.Tools.Count == 0 || version >= Third);
        if (request.ResponseFormat is { } format && !isForm)
        {
            system = JsonMode.AppendTo(system, JsonMode.Instruction(format));
        }

        var generation = Generation(request, version, isForm);
        return new JsonObject()
            .With("systemInstruction", system is null ? null : new JsonObject { ["parts"] = new JsonArray(GeminiContents.Text(system)) })
            .With("contents", contents)
            .With("tools", request.Tools.Count == 0 ? null : Tools(request.Tools))
            .With("toolConfig", request.Tools.Count == 0 ? null : Choice(request.ToolChoice))
            .With("generationConfig", generation.Count == 0 ? null : generation);
    }

    public JsonArray RenderMessages(IReadOnlyList<ModelMessage> messages) => GeminiContents.Render(Conversation.Stretch(messages), []);

    public ChatRequest ParseRequest(JsonObject body) => GeminiRequests.Parse(body);

    public ChatResponse ParseResponse(JsonObject body) => GeminiResponses.Parse(body);

    public JsonObject RenderResponse(ChatResponse response) => GeminiResponses.Render(response);

    public JsonObject RenderError(int status, string code, string message) => new()
    {
        ["error"] = new JsonObject
        {
            ["code"] = status,
            ["message"] = message,
            ["status"] = status switch
            {
                401 => "UNAUTHENTICATED",
                403 => "PERMISSION_DENIED",
                404 => "NOT_FOUND",
                409 => "ABORTED",
                412 => "FAILED_PRECONDITION",
                429 => "RESOURCE_EXHAUSTED",
                499 => "CANCELLED",
                501 => "UNIMPLEMENTED",
                502 or 503 => "UNAVAILABLE",
                504 => "DEADLINE_EXCEEDED",
                >= 500 => "INTERNAL",
                _ => "INVALID_ARGUMENT",
            },
        },
    };

    private static JsonObject Generation(ChatRequest request, double version, bool isForm) => new JsonObject()
        .With("temperature", request.Temperature)
        .With("topP", request.TopP)
        .With("maxOutputTokens", request.MaxTokens)
        .With("stopSequences", JsonNodes.ListOrNull(request.Stop))
        .With("responseMimeType", isForm ? "application/json" : null)
        .With("responseSchema", isForm && request.ResponseFormat!.Schema is { } schema ? GeminiSchema.Of(schema) : null)
        .With("thinkingConfig", Thinking(request.ReasoningEffort, version));

    /// <summary>Budgets are those of Google's own layer for OpenAI's clients.</summary>
    private static JsonObject? Thinking(string? effort, double version) => (effort, version) switch
    {
        (null, _) or (_, < Thinks) => null,
        (_, >= Third) => new() { ["thinkingLevel"] = effort is "medium" or "high" ? effort : effort is "xhigh" or "max" ? "high" : "low" },
        ("none", _) => new() { ["thinkingBudget"] = 0 },
        ("minimal" or "low", _) => new() { ["thinkingBudget"] = 1_024 },
        ("medium", _) => new() { ["thinkingBudget"] = 8_192 },
        _ => new() { ["thinkingBudget"] = 24_576 },
    };

    private static JsonArray Tools(IReadOnlyList<ToolDefinition> tools) =>
    [
        new JsonObject
        {
            ["functionDeclarations"] = new JsonArray([.. tools.Select(tool => new JsonObject { ["name"] = ToolNames.FitGemini(tool.Name) }
                .With("description", tool.Description)
                .With("parameters", GeminiSchema.OfArguments(tool.Parameters)))]),
        },
    ];

    private static JsonObject? Choice(ToolChoice? choice)
    {
        if (choice is null)
            return null;

        var mode = choice.Kind switch
        {
            ToolChoiceKind.None => "NONE",
            ToolChoiceKind.Required or ToolChoiceKind.Named => "ANY",
            _ => "AUTO",
        };
        var config = new JsonObject { ["mode"] = mode };
        if (choice.Kind == ToolChoiceKind.Named)
        {
            config["allowedFunctionNames"] = new JsonArray(ToolNames.FitGemini(choice.Name));
        }

        return new() { ["functionCallingConfig"] = config };
    }
}
