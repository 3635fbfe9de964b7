using System.Globalization;
using System.Text.Json.Nodes;
using Granary.Llm.Rendering.Json;

namespace Granary.Llm.Rendering.Dialects;

/// <summary>Whole answers of Ollama's chat.</summary>
internal static class OllamaResponses
{
    /// <summary>Reads an answer.</summary>
    public static ChatResponse Parse(JsonObject body) => Answers.Read(body, () =>
    {
        var message = body.RequiredObject("message");
        var calls = OpenAITools.ReadCalls(message, index => $"call_{index}") ?? [];
        return new()
        {
            Id = Answers.Id(null),
            Model = body.Text("model") ?? "",
            Content = message.Text("content") ?? "",
            Reasoning = message.Text("thinking") is { Length: > 0 } thinking ? thinking : null,
            ToolCalls = calls,
            Finish = Answers.Finish(FinishReasons.Ollama(body.Text("done_reason")), calls),
            Usage = body.Get("eval_count") is null && body.Get("prompt_eval_count") is null
                ? null
                : new(body.Tokens("prompt_eval_count"), body.Tokens("eval_count")),
        };
    });

    /// <summary>Writes an answer.</summary>
    public static JsonObject Render(ChatResponse response, TimeProvider time)
    {
        var message = new JsonObject { ["role"] = "assistant", ["content"] = response.Content }
            .With("thinking", response.Reasoning)
            .With("tool_calls", response.ToolCalls.Count == 0 ? null : OllamaRenderer.Calls(response.ToolCalls));
        return new JsonObject
        {
            ["model"] = response.Model,
            ["created_at"] = time.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", CultureInfo.InvariantCulture),
            ["message"] = message,
            ["done"] = true,
            ["done_reason"] = response.Finish == ChatFinish.Length ? "length" : "stop",
        }.With("prompt_eval_count", response.Usage?.InputTokens).With("eval_count", response.Usage?.OutputTokens);
    }
}
