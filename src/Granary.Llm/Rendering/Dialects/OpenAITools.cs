using System.Text.Json;
using System.Text.Json.Nodes;
using Granary.Llm.Rendering.Json;
using Granary.Llm.Rendering.Repairs;
using Granary.Llm.Streaming;

namespace Granary.Llm.Rendering.Dialects;

/// <summary>Tools as OpenAI's chat writes them, and Mistral and Ollama after it.</summary>
internal static class OpenAITools
{
    /// <summary>Adds definitions, choice and the parallel flag; none of them without tools, which OpenAI would refuse.</summary>
    /// <param name="request">The request.</param>
    /// <param name="body">The body.</param>
    /// <param name="required">The dialect's word for "must call one".</param>
    /// <param name="parallel">Whether the model takes the flag.</param>
    public static void Render(ChatRequest request, JsonObject body, string required, bool parallel)
    {
        if (request.Tools.Count == 0)
            return;

        body["tools"] = Definitions(request.Tools);
        if (request.ToolChoice is { } choice)
        {
            body["tool_choice"] = choice.Kind switch
            {
                ToolChoiceKind.None => "none",
                ToolChoiceKind.Required => required,
                ToolChoiceKind.Named => new JsonObject { ["type"] = "function", ["function"] = new JsonObject { ["name"] = ToolNames.Fit(choice.Name) } },
                _ => "auto",
            };
            body.With("parallel_tool_calls", parallel ? choice.AllowParallel : null);
        }
    }

    /// <summary>The definitions.</summary>
    public static JsonArray Definitions(IEnumerable<ToolDefinition> tools) => [.. tools.Select(JsonNode (tool) => new JsonObject
    {
        ["type"] = "function",
        ["function"] = new JsonObject { ["name"] = ToolNames.Fit(tool.Name) }
            .With("description", string.IsNullOrEmpty(tool.Description) ? null : tool.Description)
            .With("parameters", Parameters(tool)),
    })];

    /// <summary>The schema of a tool's arguments; that of no arguments where it has none.</summary>
    public static JsonObject Parameters(ToolDefinition tool) =>
        tool.Parameters.ValueKind == JsonValueKind.Object ? JsonObject.Create(tool.Parameters)! : NoParameters();

    /// <summary>The schema of a tool without arguments.</summary>
    public static JsonObject NoParameters() => new() { ["type"] = "object", ["properties"] = new JsonObject() };

    /// <summary>An assistant's message.</summary>
    /// <param name="message">The message.</param>
    /// <param name="id">Makes an id of a call fit.</param>
    /// <param name="arguments">Writes the arguments of a call.</param>
    public static JsonObject Assistant(ModelMessage message, Func<string, string> id, Func<JsonElement, JsonNode> arguments)
    {
        var text = Conversation.MediaText(message);
        var entry = new JsonObject { ["role"] = "assistant", ["content"] = string.IsNullOrWhiteSpace(text) ? null : text };
        if (message.ToolCalls is { Count: > 0 } calls)
        {
            entry["tool_calls"] = Calls(calls, id, arguments);
        }

        return entry;
    }

    /// <inheritdoc cref="Assistant(ModelMessage, Func{string, string}, Func{JsonElement, JsonNode})" />
    public static JsonObject Assistant(ModelMessage message, Func<string, string> id, Func<JsonElement, string> arguments) =>
        Assistant(message, id, JsonNode (element) => arguments(element));

    /// <summary>Calls as a list.</summary>
    public static JsonArray Calls(IEnumerable<ToolCall> calls, Func<string, string> id, Func<JsonElement, JsonNode> arguments) =>
        [.. calls.Select(JsonNode (call) => new JsonObject
        {
            ["id"] = id(call.Id),
            ["type"] = "function",
            ["function"] = new JsonObject { ["name"] = call.Name, ["arguments"] = arguments(call.Arguments) },
        })];

    /// <summary>The form of the answer, or null for text.</summary>
    public static JsonObject? ResponseFormat(ResponseFormat? format) => format switch
    {
        null => null,
        { Schema: null } => new() { ["type"] = "json_object" },
        _ => new() { ["type"] = "json_schema", ["json_schema"] = JsonMode.Schema(format) },
    };

    /// <summary>Reads definitions; tools that the provider runs itself have no place in a <see cref="ChatRequest"/>.</summary>
    public static IReadOnlyList<ToolDefinition> ReadDefinitions(JsonObject body)
    {
        var tools = new List<ToolDefinition>();
        foreach (var tool in body.List("tools").Objects())
        {
            if (tool.RequiredText("type") == "function")
            {
                tools.Add(ReadDefinition(tool.RequiredObject("function"), "parameters"));
            }
        }

        return tools;
    }

    /// <summary>Reads one definition from the object that has its name.</summary>
    public static ToolDefinition ReadDefinition(JsonObject tool, string parameters) => new(
        tool.RequiredName("name"),
        tool.Text("description") ?? "",
        (tool.Object(parameters) ?? NoParameters()).Element());

    /// <summary>Reads choice and parallel flag.</summary>
    public static ToolChoice? ReadChoice(JsonObject body)
    {
        var parallel = body.Flag("parallel_tool_calls");
        return body.Get("tool_choice") switch
        {
            null => parallel is null ? null : new(ToolChoiceKind.Auto, null, parallel),
            JsonObject chosen => chosen.Text("type") == "function"
                ? new(ToolChoiceKind.Named, (chosen.Object("function") ?? chosen).RequiredName("name"), parallel)
                : null,
            { } word => new(
                JsonFields.AsText(word) switch
                {
                    "auto" => ToolChoiceKind.Auto,
                    "none" => ToolChoiceKind.None,
                    "required" or "any" => ToolChoiceKind.Required,
                    _ => throw body.Refusal("tool_choice", "must be auto, none, required or an object that names a function"),
                },
                null,
                parallel),
        };
    }

    /// <summary>Reads calls of an assistant's message.</summary>
    /// <param name="message">The message.</param>
    /// <param name="makeId">The id of a call that has none, from its position; null: each must have one.</param>
    public static IReadOnlyList<ToolCall>? ReadCalls(JsonObject message, Func<int, string>? makeId = null)
    {
        if (message.List("tool_calls") is not { Count: > 0 } list)
            return null;

        var calls = new List<ToolCall>(list.Count);
        foreach (var call in list.Objects())
        {
            // A custom tool takes free text; it is kept as arguments that are no JSON.
            var custom = call.Object("custom");
            var function = custom is null ? call.RequiredObject("function") : custom;
            var id = makeId is null ? call.RequiredName("id") : call.Text("id") is { Length: > 0 } given ? given : makeId(calls.Count);
            calls.Add(new(id, function.RequiredName("name"), custom is null ? ReadArguments(function, "arguments") : JsonNodes.TextElement(custom.RequiredText("input"))));
        }

        return calls;
    }

    /// <summary>Reads arguments: JSON text, as OpenAI writes them, or an object, as others do.</summary>
    public static JsonElement ReadArguments(JsonObject parent, string name) => parent.Get(name) switch
    {
        null => ToolArguments.Parse(""),
        JsonObject arguments => arguments.Element(),
        { } node => ToolArguments.Parse(JsonFields.AsText(node) ?? throw parent.Refusal(name, "must be a string of JSON")),
    };
}
