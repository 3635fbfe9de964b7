using System.Text.Json;
using Granary.Core.Tokens;

namespace Granary.Llm.Models;

/// <summary>Teaches the token counter what providers report.</summary>
internal static class UsageLearning
{
    /// <summary>The tokens of a prompt as the counter has them.</summary>
    public static int Count(ITokenCounter tokens, ChatRequest request)
    {
        long count = 0;
        foreach (var message in request.Messages)
        {
            count += tokens.Count(Plain(message), request.Model);
        }

        foreach (var tool in request.Tools)
        {
            count += ScriptAwareTokenCounter.TokensPerToolCall + tokens.Count(tool.Name, request.Model) + tokens.Count(tool.Description, request.Model)
                + (tool.Parameters.ValueKind == JsonValueKind.Undefined ? 0 : tokens.Count(tool.Parameters.GetRawText(), request.Model));
        }

        if (request.ResponseFormat?.Schema is { } schema)
        {
            count += tokens.Count(schema.GetRawText(), request.Model);
        }

        return (int)Math.Min(count, int.MaxValue);
    }

    /// <summary>Learns from a call.</summary>
    public static void Observe(ITokenCounter tokens, ChatRequest request, ChatUsage? usage)
    {
        // What media cost is a guess by kind: it would teach the counter of texts something wrong.
        if (usage is { InputTokens: > 0 } && !request.Messages.Any(message => message.Media is { Count: > 0 }) && Count(tokens, request) is > 0 and var counted)
        {
            tokens.Observe(request.Model, counted, usage.InputTokens);
        }
    }

    private static Message Plain(ModelMessage message) => new()
    {
        Role = message.Role,
        Content = message.Content,
        Name = message.Name,
        Media = message.Media,
        ToolCalls = message.ToolCalls,
        ToolCallId = message.ToolCallId,
        ToolError = message.ToolError,
    };
}
