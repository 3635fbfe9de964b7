using System.Text.Json;

namespace Granary;

/// <summary>A call of a tool by the model.</summary>
/// <param name="Id">The call's id, which its result names.</param>
/// <param name="Name">The tool.</param>
/// <param name="Arguments">Its arguments: a JSON object, or a string where the model's text was kept as it came.</param>
public sealed record ToolCall(string Id, string Name, JsonElement Arguments);
