using System.Text.Json;
using System.Text.Json.Nodes;
using Granary.Llm.Functions;

namespace Granary.Llm.Agents;

/// <summary>A type as an agent: who it is, what it can do, and how it answers. Immutable; <c>with</c> overrides any part.</summary>
public sealed record AgentModel
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>The namespace of the name.</summary>
    public required string Namespace { get; init; }

    /// <summary>Namespace and name.</summary>
    public string FullName => $"{Namespace}.{Name}";

    /// <summary>What it is and does; may be empty.</summary>
    public string Description { get; init; } = "";

    /// <summary>The property that tells two of them apart.</summary>
    public string KeyField { get; init; } = "name";

    /// <summary>The table that they would be kept in: the name in small letters and an <c>s</c> where nobody says otherwise.</summary>
    public string TableName { get => field ?? Name.ToLowerInvariant() + "s"; init; }

    /// <summary>Whether tenants never see each other's.</summary>
    public bool TenantIsolated { get; init; } = true;

    /// <summary>Its methods, for the model to call.</summary>
    public IReadOnlyList<AgentFunction> Functions { get; init; } = [];

    /// <summary>Its properties as the form of an answer; null for text.</summary>
    public ResponseFormat? ResponseFormat { get; init; }

    /// <summary>How the form of the answer stands in <see cref="SystemPrompt"/>.</summary>
    public SchemaNotation Notation { get; init; }

    /// <summary>What the model is told first: description and form of the answer, unless set. Empty: nothing.</summary>
    public string SystemPrompt { get => field ?? Compose(); init; }

    /// <summary>The id of one of them: the same on every machine for one tenant, name and key.</summary>
    /// <param name="tenant">The tenant.</param>
    /// <param name="key">The value of <see cref="KeyField"/>.</param>
    public Guid IdOf(string tenant, string key) => NameBasedId.Create($"{tenant}:{Name}:{key}");

    private string Compose()
    {
        if (ResponseFormat?.Schema is not { ValueKind: JsonValueKind.Object } schema)
        {
            return Description;
        }

        var shown = new JsonObject();
        foreach (var part in (string[])["properties", "required"])
        {
            if (schema.TryGetProperty(part, out var value))
            {
                shown[part] = JsonNode.Parse(value.GetRawText());
            }
        }

        var (tag, text) = Notation == SchemaNotation.Json
            ? ("json", shown.ToJsonString(FunctionJson.Indented))
            : ("yaml", YamlText.Of(shown));
        var section = $"## Response format\n\nRespond with valid JSON matching this schema:\n\n```{tag}\n{text.TrimEnd()}\n```";
        return Description.Length == 0 ? section : $"{Description}\n\n{section}";
    }
}
