using System.Text.Json.Nodes;
using Granary.Llm.Rendering.Json;
using Granary.Llm.Rendering.Repairs;
using Granary.Llm.Streaming;

namespace Granary.Llm.Rendering.Dialects;

/// <summary>Whole answers of OpenAI's chat completions, and of Mistral's.</summary>
internal static class OpenAIChatResponses
{
    /// <summary>Reads an answer.</summary>
    public static ChatResponse Parse(JsonObject body) => Answers.Read(body, () =>
    {
        var choice = body.RequiredList("choices").Objects().FirstOrDefault() ?? throw body.Refusal("choices", "must not be empty");
        var message = choice.RequiredObject("message");
        var calls = OpenAITools.ReadCalls(message, position => $"call_{position}") ?? [];
        var reasoning = message.Get("reasoning_content") is not null ? message.Text("reasoning_content") : message.Text("reasoning");
        var text = ContentParts.Read(message, "content", "", part =>
        {
            if (part.Text("type") == "thinking")
            {
                // Mistral's reasoning models think in parts of the content.
                reasoning += string.Concat(part.List("thinking").Objects().Select(thought => thought.Text("text")));
            }

            return part.Text("text");
        });
        var refusal = message.Text("refusal");
        var reason = choice.Text("finish_reason");
        return new()
        {
            Id = Answers.Id(body.Text("id")),
            Model = body.Text("model") ?? "",
            Content = text.Length == 0 ? refusal ?? "" : text,
            Reasoning = string.IsNullOrEmpty(reasoning) ? null : reasoning,
            ToolCalls = calls,
            Finish = Answers.Finish(FinishReasons.OpenAI(reason, refusal is { Length: > 0 }), calls),
            Usage = UsageReader.Read(body, "usage", UsageReader.OpenAI),
            Error = reason == "error" ? StreamAdapter.UnnamedError : null,
        };
    });

    /// <summary>Writes an answer.</summary>
    public static JsonObject Render(ChatResponse response, TimeProvider time)
    {
        var message = new JsonObject
        {
            ["role"] = "assistant",
            ["content"] = response.Content.Length == 0 && response.ToolCalls.Count > 0 ? null : response.Content,
            ["refusal"] = null,
        }.With("reasoning_content", response.Reasoning);
        if (response.ToolCalls.Count > 0)
        {
            message["tool_calls"] = OpenAITools.Calls(response.ToolCalls, id => id, JsonNode (arguments) => ToolArguments.Text(arguments));
        }

        return new JsonObject
        {
            ["id"] = response.Id,
            ["object"] = "chat.completion",
            ["created"] = time.GetUtcNow().ToUnixTimeSeconds(),
            ["model"] = response.Model,
            ["choices"] = new JsonArray(new JsonObject
            {
                ["index"] = 0,
                ["message"] = message,
                ["logprobs"] = null,
                ["finish_reason"] = Finish(response),
            }),
        }.With("usage", response.Usage is { } usage ? Usage(usage) : null);
    }

    private static string Finish(ChatResponse response) => response.Finish switch
    {
        ChatFinish.ToolCalls => "tool_calls",
        ChatFinish.Length => "length",
        ChatFinish.ContentFilter => "content_filter",
        ChatFinish.Unknown when response.ToolCalls.Count > 0 => "tool_calls",
        _ => "stop",
    };

    private static JsonObject Usage(ChatUsage usage) => new()
    {
        ["prompt_tokens"] = usage.InputTokens,
        ["completion_tokens"] = usage.OutputTokens,
        ["total_tokens"] = usage.TotalTokens,
        ["prompt_tokens_details"] = new JsonObject { ["cached_tokens"] = usage.CachedInputTokens },
        ["completion_tokens_details"] = new JsonObject { ["reasoning_tokens"] = usage.ReasoningTokens },
    };
}
