using System.Text.Json.Nodes;
using Granary.Llm.Rendering.Json;
using Granary.Llm.Rendering.Repairs;
using Granary.Llm.Streaming;

namespace Granary.Llm.Rendering.Dialects;

/// <summary>Whole answers of Anthropic's messages.</summary>
internal static class AnthropicResponses
{
    /// <summary>Reads an answer.</summary>
    public static ChatResponse Parse(JsonObject body) => Answers.Read(body, () =>
    {
        var calls = new List<ToolCall>();
        var reasoning = "";
        var text = "";
        var signed = new List<SignedPart>();
        foreach (var block in body.RequiredList("content").Objects())
        {
            switch (block.RequiredText("type"))
            {
                case "text":
                    text += block.RequiredText("text");
                    break;

                case "thinking":
                    reasoning += block.RequiredText("thinking");
                    if (block.Text("signature") is { Length: > 0 })
                    {
                        signed.Add(new(block.ToJsonString(JsonNodes.Plain), text.Length, calls.Count));
                    }

                    break;

                case "redacted_thinking":
                    signed.Add(new(block.ToJsonString(JsonNodes.Plain), text.Length, calls.Count));
                    break;

                case "tool_use":
                    calls.Add(new(block.RequiredName("id"), block.RequiredName("name"), (block.Object("input") ?? []).Element()));
                    break;
            }
        }

        return new()
        {
            Id = Answers.Id(body.Text("id")),
            Model = body.Text("model") ?? "",
            Content = text,
            Reasoning = reasoning.Length == 0 ? null : reasoning,
            Thoughts = signed.Count == 0 ? null : new(ChatDialect.Anthropic, signed),
            ToolCalls = calls,
            Finish = Answers.Finish(FinishReasons.Anthropic(body.Text("stop_reason")), calls),
            Usage = UsageReader.Read(body, "usage", UsageReader.Anthropic),
        };
    });

    /// <summary>Writes an answer.</summary>
    public static JsonObject Render(ChatResponse response)
    {
        var content = new JsonArray();
        if (response.Reasoning is { } reasoning)
        {
            // Clients expect the field; there is no signature that another provider would accept.
            content.Add((JsonNode)new JsonObject { ["type"] = "thinking", ["thinking"] = reasoning, ["signature"] = "" });
        }

        if (response.Content.Length > 0)
        {
            content.Add((JsonNode)new JsonObject { ["type"] = "text", ["text"] = response.Content });
        }

        foreach (var call in response.ToolCalls)
        {
            content.Add((JsonNode)new JsonObject { ["type"] = "tool_use", ["id"] = call.Id, ["name"] = call.Name, ["input"] = ToolArguments.Object(call.Arguments) });
        }

        return new()
        {
            ["id"] = response.Id,
            ["type"] = "message",
            ["role"] = "assistant",
            ["model"] = response.Model,
            ["content"] = content,
            ["stop_reason"] = response.Finish switch
            {
                ChatFinish.ToolCalls => "tool_use",
                ChatFinish.Length => "max_tokens",
                ChatFinish.ContentFilter => "refusal",
                ChatFinish.Unknown when response.ToolCalls.Count > 0 => "tool_use",
                _ => "end_turn",
            },
            ["stop_sequence"] = null,
            ["usage"] = Usage(response.Usage ?? new(0, 0)),
        };
    }

    private static JsonObject Usage(ChatUsage usage) => new()
    {
        ["input_tokens"] = Math.Max(0, usage.InputTokens - usage.CachedInputTokens - usage.CacheWriteTokens),
        ["output_tokens"] = usage.OutputTokens,
        ["cache_read_input_tokens"] = usage.CachedInputTokens,
        ["cache_creation_input_tokens"] = usage.CacheWriteTokens,
    };
}
