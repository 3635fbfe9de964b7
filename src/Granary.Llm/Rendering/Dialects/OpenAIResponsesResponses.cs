using System.Text.Json.Nodes;
using Granary.Llm.Rendering.Json;
using Granary.Llm.Rendering.Repairs;
using Granary.Llm.Streaming;

namespace Granary.Llm.Rendering.Dialects;

/// <summary>Whole answers of OpenAI's responses.</summary>
internal static class OpenAIResponsesResponses
{
    /// <summary>Reads an answer.</summary>
    public static ChatResponse Parse(JsonObject body) => Answers.Read(body, () =>
    {
        var calls = new List<ToolCall>();
        var (text, refusal, reasoning) = ("", "", "");
        foreach (var item in body.RequiredList("output").Objects())
        {
            switch (item.RequiredText("type"))
            {
                case "message":
                    text += ContentParts.Read(item, "content", "", part => part.Text("text"));
                    refusal += ContentParts.Read(item, "content", "", part => part.Text("refusal"));
                    break;

                case "reasoning":
                    reasoning += string.Join('\n', item.List("summary").Objects().Select(summary => summary.Text("text")));
                    break;

                case "function_call" when item.Text("status") != "incomplete":
                    calls.Add(new(item.RequiredName("call_id"), item.RequiredName("name"), OpenAITools.ReadArguments(item, "arguments")));
                    break;
            }
        }

        return new()
        {
            Id = Answers.Id(body.Text("id")),
            Model = body.Text("model") ?? "",
            Content = text.Length == 0 ? refusal : text,
            Reasoning = reasoning.Length == 0 ? null : reasoning,
            ToolCalls = calls,
            Finish = Finish(body, refusal.Length > 0, calls),
            Error = body.Object("error")?.Text("message"),
            Usage = UsageReader.Read(body, "usage", UsageReader.OpenAIResponses),
        };
    });

    /// <summary>Writes an answer.</summary>
    public static JsonObject Render(ChatResponse response, TimeProvider time)
    {
        var isWhole = response.Error is null && response.Finish is not (ChatFinish.Length or ChatFinish.ContentFilter);
        var status = response.Error is not null ? "failed" : isWhole ? "completed" : "incomplete";
        return new JsonObject
        {
            ["id"] = response.Id,
            ["object"] = "response",
            ["created_at"] = time.GetUtcNow().ToUnixTimeSeconds(),
            ["status"] = status,
            ["error"] = response.Error is { } error ? new JsonObject { ["code"] = "server_error", ["message"] = error } : null,
            ["incomplete_details"] = status != "incomplete" ? null : new JsonObject
            {
                ["reason"] = response.Finish == ChatFinish.Length ? "max_output_tokens" : "content_filter",
            },
            ["instructions"] = null,
            ["metadata"] = new JsonObject(),
            ["model"] = response.Model,
            ["output"] = Output(response, isWhole),
            ["parallel_tool_calls"] = true,
            ["temperature"] = null,
            ["tool_choice"] = "auto",
            ["tools"] = new JsonArray(),
            ["top_p"] = null,
        }.With("usage", response.Usage is { } usage ? Usage(usage) : null);
    }

    private static JsonArray Output(ChatResponse response, bool isWhole)
    {
        var output = new JsonArray();
        var key = response.Id.StartsWith("resp_", StringComparison.Ordinal) ? response.Id[5..] : response.Id;
        if (response.Reasoning is { } reasoning)
        {
            output.Add((JsonNode)new JsonObject
            {
                ["id"] = $"rs_{key}",
                ["type"] = "reasoning",
                ["summary"] = new JsonArray(new JsonObject { ["type"] = "summary_text", ["text"] = reasoning }),
            });
        }

        if (response.Content.Length > 0 || response.ToolCalls.Count == 0)
        {
            output.Add((JsonNode)new JsonObject
            {
                ["id"] = $"msg_{key}",
                ["type"] = "message",
                ["status"] = isWhole ? "completed" : "incomplete",
                ["role"] = "assistant",
                ["content"] = new JsonArray(new JsonObject { ["type"] = "output_text", ["text"] = response.Content, ["annotations"] = new JsonArray() }),
            });
        }

        foreach (var call in response.ToolCalls)
        {
            output.Add((JsonNode)new JsonObject
            {
                ["id"] = $"fc_{call.Id}",
                ["type"] = "function_call",
                ["status"] = "completed",
                ["call_id"] = call.Id,
                ["name"] = call.Name,
                ["arguments"] = ToolArguments.Text(call.Arguments),
            });
        }

        return output;
    }

    private static ChatFinish Finish(JsonObject body, bool isRefused, List<ToolCall> calls) => body.Text("status") switch
    {
        "completed" => isRefused ? ChatFinish.ContentFilter : Answers.Finish(ChatFinish.Stop, calls),
        "incomplete" => FinishReasons.Incomplete(body.Object("incomplete_details")?.Text("reason"), isRefused),
        _ => ChatFinish.Unknown,
    };

    private static JsonObject Usage(ChatUsage usage) => new()
    {
        ["input_tokens"] = usage.InputTokens,
        ["input_tokens_details"] = new JsonObject { ["cached_tokens"] = usage.CachedInputTokens },
        ["output_tokens"] = usage.OutputTokens,
        ["output_tokens_details"] = new JsonObject { ["reasoning_tokens"] = usage.ReasoningTokens },
        ["total_tokens"] = usage.TotalTokens,
    };
}
