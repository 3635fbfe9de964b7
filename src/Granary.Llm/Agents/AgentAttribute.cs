namespace Granary.Llm.Agents;

/// <summary>Says what <see cref="Abstracted"/> shall not find out by itself. What is left null is found out.</summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct, Inherited = false)]
public sealed class AgentAttribute : Attribute
{
    /// <summary>The agent's name; null for the type's.</summary>
    public string? Name { get; set; }

    /// <summary>The namespace; null for the type's.</summary>
    public string? Namespace { get; set; }

    /// <summary>What the agent is and does; a <see cref="System.ComponentModel.DescriptionAttribute"/> counts before it.</summary>
    public string? Description { get; set; }

    /// <summary>The property that tells two of them apart; null for the one marked <c>[Key]</c>, else <c>name</c>.</summary>
    public string? KeyField { get; set; }

    /// <summary>The table that they would be kept in; null for the name in small letters and an <c>s</c>.</summary>
    public string? TableName { get; set; }

    /// <summary>Whether tenants never see each other's; true by default.</summary>
    public bool TenantIsolated { get; set; } = true;

    /// <summary>How the form of the answer stands in the system prompt.</summary>
    public SchemaNotation Notation { get; set; }
}

/// <summary>How a schema is written for a model to read.</summary>
public enum SchemaNotation
{
    /// <summary>YAML: fewer tokens.</summary>
    Yaml,

    /// <summary>JSON.</summary>
    Json,
}
