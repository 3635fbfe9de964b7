using System.Text.Json.Nodes;
using Granary.Llm.Rendering.Json;
using Granary.Llm.Streaming;

namespace Granary.Llm.Rendering.Dialects;

/// <summary>Whole answers of Gemini's generateContent.</summary>
internal static class GeminiResponses
{
    /// <summary>Reads an answer. One without candidates is an answer if it says why the prompt was refused.</summary>
    public static ChatResponse Parse(JsonObject body) => Answers.Read(body, () =>
    {
        var id = Answers.Id(body.Text("responseId"));
        var model = body.Text("modelVersion") ?? "";
        var usage = UsageReader.Read(body, "usageMetadata", UsageReader.Gemini);
        if (body.List("candidates").Objects().FirstOrDefault() is not { } candidate)
        {
            _ = body.RequiredObject("promptFeedback").RequiredText("blockReason");
            return new() { Id = id, Model = model, Finish = ChatFinish.ContentFilter, Usage = usage };
        }

        var calls = new List<ToolCall>();
        var signed = new List<SignedPart>();
        var (text, thoughts) = ("", "");
        foreach (var part in candidate.Object("content")?.List("parts").Objects() ?? [])
        {
            var signature = part.Text(part.First(GeminiThoughts.Field, "thought_signature"));
            if (part.Object("functionCall") is { } call)
            {
                Sign(signature, ofCall: true, text, calls, signed);
                calls.Add(GeminiRequests.Call(call, $"call_{Guid.CreateVersion7():N}"));
            }
            else
            {
                (text, thoughts) = part.Flag("thought") is true ? (text, thoughts + part.Text("text")) : (text + part.Text("text"), thoughts);
                Sign(signature, ofCall: false, text, calls, signed);
            }
        }

        var reason = candidate.Text("finishReason");
        var failure = FinishReasons.GeminiFailure(reason, candidate.Text("finishMessage"));
        return new()
        {
            Id = id,
            Model = model,
            Content = text,
            Reasoning = thoughts.Length == 0 ? null : thoughts,
            Thoughts = signed.Count == 0 ? null : new(ChatDialect.Gemini, signed),
            ToolCalls = calls,
            Finish = failure is null ? Answers.Finish(FinishReasons.Gemini(reason), calls) : ChatFinish.Unknown,
            Error = failure,
            Usage = usage,
        };
    });

    private static void Sign(string? signature, bool ofCall, string text, List<ToolCall> calls, List<SignedPart> signed)
    {
        if (!string.IsNullOrEmpty(signature))
        {
            signed.Add(new(GeminiThoughts.Part(signature, ofCall), text.Length, calls.Count));
        }
    }

    /// <summary>Writes an answer.</summary>
    public static JsonObject Render(ChatResponse response)
    {
        var parts = new JsonArray();
        if (response.Reasoning is { } reasoning)
        {
            parts.Add((JsonNode)new JsonObject { ["text"] = reasoning, ["thought"] = true });
        }

        if (response.Content.Length > 0)
        {
            parts.Add((JsonNode)GeminiContents.Text(response.Content));
        }

        foreach (var call in response.ToolCalls)
        {
            var part = GeminiContents.Call(call);
            part["functionCall"]!["id"] = call.Id;
            parts.Add((JsonNode)part);
        }

        return new JsonObject
        {
            ["candidates"] = new JsonArray(new JsonObject
            {
                ["content"] = new JsonObject { ["parts"] = parts, ["role"] = "model" },
                ["finishReason"] = response.Finish switch
                {
                    ChatFinish.Length => "MAX_TOKENS",
                    ChatFinish.ContentFilter => "SAFETY",
                    ChatFinish.Unknown when response.ToolCalls.Count == 0 => "OTHER",
                    _ => "STOP",
                },
                ["index"] = 0,
            }),
            ["modelVersion"] = response.Model,
            ["responseId"] = response.Id,
        }.With("usageMetadata", response.Usage is { } usage ? Usage(usage) : null);
    }

    private static JsonObject Usage(ChatUsage usage) => new JsonObject
    {
        ["promptTokenCount"] = usage.InputTokens,
        ["candidatesTokenCount"] = usage.OutputTokens - usage.ReasoningTokens,
        ["totalTokenCount"] = usage.TotalTokens,
    }.With("cachedContentTokenCount", usage.CachedInputTokens == 0 ? null : usage.CachedInputTokens)
     .With("thoughtsTokenCount", usage.ReasoningTokens == 0 ? null : usage.ReasoningTokens);
}
