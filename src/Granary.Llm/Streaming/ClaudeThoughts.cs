using System.Text.Json.Nodes;
using Granary.Llm.Rendering.Json;

namespace Granary.Llm.Streaming;

/// <summary>Anthropic's signed blocks, as it wants them back: unchanged.</summary>
internal static class ClaudeThoughts
{
    /// <summary>A block of thinking.</summary>
    public static string Thinking(string text, string signature) =>
        new JsonObject { ["type"] = "thinking", ["thinking"] = text, ["signature"] = signature }.ToJsonString(JsonNodes.Plain);

    /// <summary>A block of thinking that only the provider can read.</summary>
    public static string Redacted(string data) => new JsonObject { ["type"] = "redacted_thinking", ["data"] = data }.ToJsonString(JsonNodes.Plain);
}
