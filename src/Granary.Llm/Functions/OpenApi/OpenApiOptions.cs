using System.Text.Json.Nodes;

namespace Granary.Llm.Functions.OpenApi;

/// <summary>Which operations of an HTTP API become functions, and how they are called.</summary>
public sealed class OpenApiOptions
{
    /// <summary>The API's OpenAPI 3 document.</summary>
    public required JsonObject Document { get; init; }

    /// <summary>The operations that become functions, each by its <c>operationId</c> or as <c>GET /path/{id}</c>. No others do.</summary>
    public required IReadOnlyList<string> Operations { get; init; }

    /// <summary>Where the API is; null for the first absolute address of the document's <c>servers</c>.</summary>
    public Uri? BaseAddress { get; init; }

    /// <summary>What comes before each function's name, such as <c>crm_</c>.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>Called before each request, to add credentials. A model's arguments cannot set <c>Authorization</c>.</summary>
    public Func<HttpRequestMessage, FunctionScope, CancellationToken, ValueTask>? Authorize { get; init; }

    /// <summary>Characters of an answer that a model gets at the most, 1 or more; 16,384 by default.</summary>
    public int MaxResponseCharacters { get; init; } = 16_384;

    /// <summary>How long a call may take, above zero; 30 seconds by default.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);
}
