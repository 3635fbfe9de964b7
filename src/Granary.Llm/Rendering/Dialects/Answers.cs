using System.Text.Json.Nodes;
using Granary.Llm.Rendering.Json;

namespace Granary.Llm.Rendering.Dialects;

/// <summary>What reading an answer has in common in all dialects.</summary>
internal static class Answers
{
    /// <summary>Reads an answer; what is wrong with it is the provider's fault, not that of a request.</summary>
    /// <exception cref="FormatException">It is no answer.</exception>
    public static ChatResponse Read(JsonObject body, Func<ChatResponse> read)
    {
        try
        {
            // An answer of OpenAI's responses has a field for its own failure.
            if (body.Get("error") is { } error && body.Get("output") is null)
                throw new FormatException($"The provider answered with an error: {error.ToJsonString(JsonNodes.Plain)}");

            return read();
        }
        catch (InvalidRequestException wrong)
        {
            throw new FormatException($"The provider's answer is not of this dialect: {wrong.Message}", wrong);
        }
    }

    /// <summary>The provider's id, or one made here.</summary>
    public static string Id(string? given) => string.IsNullOrEmpty(given) ? $"gen-{Guid.CreateVersion7():N}" : given;

    /// <summary>Who calls tools waits for them, whatever the provider says: Gemini says STOP, and so does OpenAI when the tool was named.</summary>
    public static ChatFinish Finish(ChatFinish said, IReadOnlyList<ToolCall> calls) =>
        calls.Count > 0 && said is (ChatFinish.Stop or ChatFinish.Unknown) ? ChatFinish.ToolCalls : said;
}
