using System.Text.Json;
using System.Text.Json.Nodes;
using Granary.Llm.Rendering.Json;
using Granary.Llm.Rendering.Media;
using Granary.Llm.Rendering.Repairs;

namespace Granary.Llm.Rendering.Dialects;

/// <summary>Reads requests of Gemini's generateContent, with names in camel case or snake case, as its servers take both.</summary>
internal static class GeminiRequests
{
    /// <summary>Reads a request. The model is what the body says, although only Granary's own bodies say it; the address is not known here.</summary>
    public static ChatRequest Parse(JsonObject body)
    {
        var generation = body.Object(body.First("generationConfig", "generation_config")) ?? [];
        var (budget, level) = generation.Object(generation.First("thinkingConfig", "thinking_config")) is { } thinking
            ? (thinking.Number(thinking.First("thinkingBudget", "thinking_budget"), -1, int.MaxValue), thinking.Text(thinking.First("thinkingLevel", "thinking_level")))
            : (null, null);
        return new()
        {
            Model = Model(body.Text("model") ?? ""),
            Messages = [.. System(body), .. Contents(body)],
            Tools = Tools(body),
            ToolChoice = Choice(body),
            ResponseFormat = Format(generation),
            Temperature = generation.Number("temperature", 0, 2),
            TopP = generation.Number(generation.First("topP", "top_p"), 0, 1),
            MaxTokens = generation.Count(generation.First("maxOutputTokens", "max_output_tokens")),
            Stop = generation.Texts(generation.First("stopSequences", "stop_sequences")),
            ReasoningEffort = level?.ToLowerInvariant() ?? budget switch
            {
                null or -1 => null,
                <= 1_024 => budget == 0 ? "minimal" : "low",
                <= 8_192 => "medium",
                _ => "high",
            },
        };
    }

    private static string Model(string name) => name.StartsWith("models/", StringComparison.Ordinal) ? name[7..] : name;

    private static IEnumerable<ModelMessage> System(JsonObject body)
    {
        var name = body.First("systemInstruction", "system_instruction");
        if (body.Object(name) is not { } system)
            return [];

        var text = string.Join("\n\n", system.RequiredList("parts").Objects().Select(part => part.Text("text")).Where(text => !string.IsNullOrEmpty(text)));
        return text.Length == 0 ? [] : [new() { Role = MessageRole.System, Content = text }];
    }

    private static List<ModelMessage> Contents(JsonObject body)
    {
        var list = body.RequiredList("contents");
        if (list.Count == 0)
            throw body.Refusal("contents", "must not be empty");

        var messages = new List<ModelMessage>();
        var open = new UnansweredCalls();
        foreach (var content in list.Objects())
        {
            switch (content.Text("role"))
            {
                case null or "" or "user" or "function" or "tool":
                    AddUser(content, messages, open);
                    break;

                case "model":
                    AddModel(content, messages, open);
                    break;

                default:
                    throw content.Refusal("role", "must be user or model");
            }
        }

        return messages;
    }

    private static void AddUser(JsonObject content, List<ModelMessage> messages, UnansweredCalls open)
    {
        var media = new List<MediaReference>();
        var texts = new List<string>();
        var before = messages.Count;
        foreach (var part in content.RequiredList("parts").Objects())
        {
            if (part.Object(part.First("functionResponse", "function_response")) is { } response)
            {
                messages.Add(Result(response, open));
            }
            else if (part.Text("text") is { Length: > 0 } text)
            {
                texts.Add(text);
            }
            else
            {
                AddMedia(part, media);
            }
        }

        if (texts.Count > 0 || media.Count > 0 || messages.Count == before)
        {
            messages.Add(new() { Role = MessageRole.User, Content = string.Join('\n', texts), Media = media.Count == 0 ? null : media });
        }
    }

    private static void AddModel(JsonObject content, List<ModelMessage> messages, UnansweredCalls open)
    {
        var calls = new List<ToolCall>();
        var media = new List<MediaReference>();
        var text = "";
        foreach (var part in content.RequiredList("parts").Objects())
        {
            if (part.Object(part.First("functionCall", "function_call")) is { } call)
            {
                calls.Add(Call(call, $"call_{messages.Count}_{calls.Count}"));
            }
            else if (part.Flag("thought") is not true)
            {
                text += part.Text("text");
                AddMedia(part, media);
            }
        }

        open.Add(calls);
        messages.Add(new() { Role = MessageRole.Assistant, Content = text, ToolCalls = calls.Count == 0 ? null : calls, Media = media.Count == 0 ? null : media });
    }

    /// <summary>Reads a call.</summary>
    /// <param name="call">The call.</param>
    /// <param name="id">Its id if it has none.</param>
    internal static ToolCall Call(JsonObject call, string id) =>
        new(call.Text("id") is { Length: > 0 } given ? given : id, call.RequiredName("name"), (call.Object("args") ?? []).Element());

    private static ModelMessage Result(JsonObject response, UnansweredCalls open)
    {
        var name = response.RequiredName("name");
        var result = response.Object("response") ?? [];
        var error = result.Only("error") is { } failure ? AsText(failure) : null;
        return new()
        {
            Role = MessageRole.Tool,
            Name = name,
            ToolCallId = open.Take(response.Text("id"), name),
            Content = error is null ? Unwrap(result) : "",
            ToolError = error is null ? null : ToolResults.Error(error),
        };
    }

    private static string Unwrap(JsonObject result) =>
        (result.Only("result") ?? result.Only("output")) is { } wrapped ? AsText(wrapped) : result.Element().GetRawText();

    private static string AsText(JsonNode node) => JsonFields.AsText(node) ?? node.Element().GetRawText();

    private static void AddMedia(JsonObject part, List<MediaReference> media)
    {
        if (part.Object(part.First("inlineData", "inline_data")) is { } data)
        {
            var type = data.RequiredName(data.First("mimeType", "mime_type"));
            media.Add(ContentParts.Data(MediaTypes.Kind(type), data, "data", type));
        }
        else if (part.Object(part.First("fileData", "file_data")) is { } file)
        {
            var type = file.Text(file.First("mimeType", "mime_type"));
            media.Add(ContentParts.Media(MediaTypes.Kind(type), file, file.First("fileUri", "file_uri")) with { MimeType = type });
        }
    }

    private static List<ToolDefinition> Tools(JsonObject body)
    {
        var tools = new List<ToolDefinition>();
        foreach (var tool in body.List("tools").Objects())
        {
            foreach (var function in tool.List(tool.First("functionDeclarations", "function_declarations")).Objects())
            {
                var definition = OpenAITools.ReadDefinition(function, function.First("parameters", "parametersJsonSchema"));
                tools.Add(function.Object("parameters") is { } schema ? definition with { Parameters = LowerTypes(schema) } : definition);
            }
        }

        return tools;
    }

    private static ToolChoice? Choice(JsonObject body)
    {
        var config = body.Object(body.First("toolConfig", "tool_config"));
        if (config?.Object(config.First("functionCallingConfig", "function_calling_config")) is not { } calling)
            return null;

        var names = calling.Texts(calling.First("allowedFunctionNames", "allowed_function_names"));
        return calling.Text("mode")?.ToUpperInvariant() switch
        {
            null or "AUTO" or "MODE_UNSPECIFIED" or "VALIDATED" => new(ToolChoiceKind.Auto),
            "NONE" => new(ToolChoiceKind.None),
            "ANY" when names.Count == 1 => new(ToolChoiceKind.Named, names[0]),
            "ANY" => new(ToolChoiceKind.Required),
            _ => throw calling.Refusal("mode", "must be AUTO, ANY or NONE"),
        };
    }

    private static ResponseFormat? Format(JsonObject generation)
    {
        var schema = generation.Object(generation.First("responseSchema", "response_schema"));
        if (schema is not null)
            return new("answer", LowerTypes(schema));
        if (generation.Object(generation.First("responseJsonSchema", "response_json_schema")) is { } given)
            return new("answer", given.Element());

        return generation.Text(generation.First("responseMimeType", "response_mime_type")) == "application/json" ? new() : null;
    }

    /// <summary>Gemini's types are in upper case, those of JSON Schema in lower case.</summary>
    private static JsonElement LowerTypes(JsonObject schema)
    {
        // The body is the caller's: what is changed is a copy.
        var copy = JsonNodes.Of(schema.Element())!;
        try
        {
            Lower(copy);
        }
        catch (InvalidRequestException refusal)
        {
            throw new InvalidRequestException($"{JsonFields.Path(schema)}.{refusal.Field}", refusal.Rule);
        }

        return copy.Element();
    }

    private static void Lower(JsonNode? node)
    {
        if (node is JsonArray list)
        {
            foreach (var item in list)
            {
                Lower(item);
            }
        }
        else if (node is JsonObject schema)
        {
            if (schema.Get("type") is JsonValue type && JsonFields.AsText(type) is { } name)
            {
                schema["type"] = name.ToLowerInvariant();
            }

            foreach (var (_, value) in schema.Where(field => field.Value is JsonObject or JsonArray).ToList())
            {
                Lower(value);
            }
        }
    }
}
