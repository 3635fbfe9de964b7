using System.Text.Json.Nodes;
using Granary.Llm.Rendering.Json;

namespace Granary.Llm.Streaming;

/// <summary>What Gemini signs: a call, which is told before the call itself, or what was said before.</summary>
internal static class GeminiThoughts
{
    /// <summary>Where a signature stands.</summary>
    public const string Field = "thoughtSignature";

    /// <summary>Marks the signature of a call.</summary>
    public const string OfCall = "functionCall";

    /// <summary>A signed part without what the answer has of it anyway.</summary>
    public static string Part(string signature, bool ofCall) =>
        (ofCall ? new JsonObject { [OfCall] = new JsonObject(), [Field] = signature } : new JsonObject { ["text"] = "", [Field] = signature }).ToJsonString(JsonNodes.Plain);
}
