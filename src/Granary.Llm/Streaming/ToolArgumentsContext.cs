using System.Text.Json.Serialization;

namespace Granary.Llm.Streaming;

/// <summary>How arguments that are no JSON are written.</summary>
[JsonSerializable(typeof(Dictionary<string, string>))]
internal sealed partial class ToolArgumentsContext : JsonSerializerContext;
