namespace Granary.Wire;

/// <summary>How <c>POST /resources/import</c> treats resources that exist.</summary>
[System.Text.Json.Serialization.JsonConverter(typeof(Serialization.SnakeCaseEnumConverter<ResourceImportMode>))]
public enum ResourceImportMode
{
    /// <summary>They stay as they are.</summary>
    SeedOnly,

    /// <summary>They are changed.</summary>
    OverwriteConflicts,
}

/// <summary><c>POST /resources/import</c>.</summary>
public sealed record ResourceImportRequest
{
    /// <summary>How to treat resources that exist.</summary>
    public ResourceImportMode Mode { get; init; } = ResourceImportMode.SeedOnly;

    /// <summary>1 to 1,000 resources.</summary>
    public IReadOnlyList<MemoryResource>? Resources { get; init; }
}

/// <summary>Answer of <c>GET /resources</c> and <c>GET /resources/export</c> (whose <c>resources</c> an import takes).</summary>
/// <param name="Resources">The resources, by name.</param>
/// <param name="Count">How many.</param>
public sealed record ResourcesResponse(IReadOnlyList<MemoryResource> Resources, int Count);

/// <summary><c>POST /resources/{name}/resolve</c>.</summary>
public sealed record ResolveKeyRequest
{
    /// <summary>Values for the resource's key template.</summary>
    public IReadOnlyDictionary<string, string>? KeyValues { get; init; }
}

/// <summary>Answer of <c>POST /resources/{name}/resolve</c>.</summary>
/// <param name="SessionId">The session's id.</param>
public sealed record ResolveKeyResponse(string SessionId);
