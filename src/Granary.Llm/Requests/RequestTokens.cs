using System.Text.Json;
using Granary.Core.Tokens;

namespace Granary.Llm.Requests;

/// <summary>The tokens of a prompt as a counter has them. The one way to count a request: what is learnt from a report must be about the same count.</summary>
internal static class RequestTokens
{
    /// <summary>Tokens of all of a request.</summary>
    public static int Count(ITokenCounter counter, ChatRequest request)
    {
        var count = (long)OfTools(counter, request);
        foreach (var message in request.Messages)
        {
            count += OfMessage(counter, message, request.Model);
        }

        return (int)Math.Min(count, int.MaxValue);
    }

    /// <summary>Tokens of a message.</summary>
    public static int OfMessage(ITokenCounter counter, ModelMessage message, string model) => counter.Count(StorableMessage.ToMessage(message), model);

    /// <summary>Tokens of a request's tools and of the schema of its answer.</summary>
    public static int OfTools(ITokenCounter counter, ChatRequest request)
    {
        long count = 0;
        foreach (var tool in request.Tools)
        {
            count += ScriptAwareTokenCounter.TokensPerToolCall + counter.Count(tool.Name, request.Model) + counter.Count(tool.Description, request.Model)
                + (tool.Parameters.ValueKind == JsonValueKind.Undefined ? 0 : counter.Count(tool.Parameters.GetRawText(), request.Model));
        }

        if (request.ResponseFormat?.Schema is { } schema)
        {
            count += counter.Count(schema.GetRawText(), request.Model);
        }

        return (int)Math.Min(count, int.MaxValue);
    }

    /// <summary>Whether a report of the request's tokens teaches a counter of texts: what media take depends on their size, which nobody told.</summary>
    public static bool Teaches(ChatRequest request) => !request.Messages.Any(message => message.Media is { Count: > 0 });
}
