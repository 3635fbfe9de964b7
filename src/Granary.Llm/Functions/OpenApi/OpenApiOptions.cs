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

    /// <summary>
    /// Parameters (of path, query and header, by name) that say who asks, and where their values come from: the model neither sees nor sets them. A null
    /// refuses the call. Each must be a parameter of at least one of the operations; fields of a body are not covered.
    /// </summary>
    /// <example><c>["userId"] = scope => scope.Context.UserId</c></example>
    public IReadOnlyDictionary<string, Func<FunctionScope, string?>> Fixed { get; init; } = new Dictionary<string, Func<FunctionScope, string?>>();

    /// <summary>
    /// Called before each request, to add credentials. Whatever a document lists, a model sees and sets no parameter that one of the document's
    /// <c>securitySchemes</c> names, nor headers and query parameters that commonly hold credentials or say who asks.
    /// </summary>
    public Func<HttpRequestMessage, FunctionScope, CancellationToken, ValueTask>? Authorize { get; init; }

    /// <summary>Characters of an answer that a model gets at the most, 1 to 16,777,216; 16,384 by default.</summary>
    public int MaxResponseCharacters { get; init; } = 16_384;

    /// <summary>How long a call may take, above zero; 30 seconds by default.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);
}
