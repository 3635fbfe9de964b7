using System.Text.Json.Nodes;

namespace Granary.Llm.Functions.OpenApi;

/// <summary>Parameters that are no model's to set: they prove or say who asks, or belong to the connection.</summary>
internal sealed class OpenApiCredentials
{
    // OpenAPI 3 itself says that parameters named Accept, Content-Type and Authorization mean nothing.
    private static readonly string[] Headers =
    [
        "Accept", "Content-Type", "Authorization", "Proxy-Authorization", "Cookie", "Host", "Connection", "Content-Length", "Transfer-Encoding", "Upgrade",
        "TE", "Trailer", "Expect", "Forwarded", "X-Real-IP", "X-API-Key", "Api-Key", "ApiKey", "X-Auth-Token", "X-Access-Token", "X-User-ID", "X-Tenant-ID",
        "X-Csrf-Token", "X-Xsrf-Token", "X-HTTP-Method-Override",
    ];

    private static readonly string[] Queries = ["api_key", "api-key", "apikey", "access_token", "client_secret"];

    private readonly HashSet<string> headers = new(Headers, StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> queries = new(Queries, StringComparer.OrdinalIgnoreCase);

    /// <summary>Adds what a document says of its own credentials.</summary>
    public OpenApiCredentials(JsonObject document, OpenApiSchemas schemas)
    {
        foreach (var (_, listed) in document["components"]?["securitySchemes"] as JsonObject ?? [])
        {
            if (schemas.Resolve(listed) is JsonObject scheme && Text(scheme["name"]) is { Length: > 0 } name)
            {
                (Text(scheme["in"]) == "query" ? queries : headers).Add(name);
            }
        }
    }

    /// <summary>The names in a query.</summary>
    public IEnumerable<string> QueryNames => queries;

    /// <summary>Whether a parameter is none for a model.</summary>
    public bool Contains(string name, string where) => where switch
    {
        "header" => headers.Contains(name) || name.StartsWith("X-Forwarded-", StringComparison.OrdinalIgnoreCase),
        "query" => queries.Contains(name),
        _ => false,
    };

    private static string Text(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) ? text : "";
}
