using System.Text.Json.Nodes;

namespace Granary.Llm.Models;

/// <summary>Values of parts of one content as one value.</summary>
internal static class MergedJson
{
    /// <summary>
    /// Objects member by member, lists one after another without what is in them already; of other values, and of values of different kinds, the later
    /// unless it says nothing: null, or an empty text.
    /// </summary>
    public static JsonNode? Of(JsonNode? earlier, JsonNode? later)
    {
        switch (earlier, later)
        {
            case (JsonObject one, JsonObject other):
                var members = one.DeepClone().AsObject();
                foreach (var (name, value) in other)
                {
                    members[name] = Of(members[name], value);
                }

                return members;
            case (JsonArray one, JsonArray other):
                var elements = one.DeepClone().AsArray();
                foreach (var element in other)
                {
                    if (!elements.Any(known => JsonNode.DeepEquals(known, element)))
                    {
                        elements.Add(element?.DeepClone());
                    }
                }

                return elements;
            default:
                return (SaysNothing(later) ? earlier : later)?.DeepClone();
        }
    }

    private static bool SaysNothing(JsonNode? node) => node is null || (node is JsonValue value && value.TryGetValue<string>(out var text) && text.Length == 0);
}
