using System.Text.Json;
using System.Text.Json.Nodes;

namespace Granary.Llm.Functions.OpenApi;

/// <summary>Makes functions of the operations of an OpenAPI 3 document.</summary>
public static class OpenApiFunctions
{
    private static readonly string[] Methods = ["get", "put", "post", "delete", "patch", "head", "options"];

    // OpenAPI 3: parameters of these names say nothing; media types and credentials are set elsewhere.
    private static readonly HashSet<string> IgnoredHeaders = new(StringComparer.OrdinalIgnoreCase) { "Accept", "Content-Type", "Authorization" };

    /// <summary>Registers the listed operations of an API, all or none.</summary>
    /// <param name="registry">The registry.</param>
    /// <param name="options">The API.</param>
    /// <param name="client">Sends the requests; its base address is not used.</param>
    /// <param name="time">The clock of timeouts.</param>
    /// <exception cref="ArgumentException">An operation is not in the document or cannot be a function, or a name is taken.</exception>
    public static IReadOnlyList<AgentFunction> AddOpenApi(this FunctionRegistry registry, OpenApiOptions options, HttpClient client, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(registry);
        return registry.AddAll(Create(options, client, time));
    }

    /// <summary>Makes the functions of the listed operations, in the order of the list.</summary>
    /// <param name="options">The API.</param>
    /// <param name="client">Sends the requests; its base address is not used.</param>
    /// <param name="time">The clock of timeouts.</param>
    /// <exception cref="ArgumentException">An operation is not in the document or cannot be a function.</exception>
    public static IReadOnlyList<AgentFunction> Create(OpenApiOptions options, HttpClient client, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(client);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxResponseCharacters, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(options.Timeout, TimeSpan.Zero);
        var address = BaseAddress(options);
        var known = Index(options.Document);
        var found = new List<AgentFunction>();
        foreach (var wanted in options.Operations)
        {
            if (!known.TryGetValue(wanted, out var place))
            {
                throw new ArgumentException($"The OpenAPI document has no operation '{wanted}'.", nameof(options));
            }

            found.Add(Create(options, place, address, client, time ?? TimeProvider.System));
        }

        return found;
    }

    private static OpenApiFunction Create(OpenApiOptions options, Place place, string address, HttpClient client, TimeProvider time)
    {
        var schemas = new OpenApiSchemas(options.Document);
        var operation = place.Operation;
        var title = $"{place.Method} {place.Path}";
        var parameters = new List<OpenApiParameter>();
        var properties = new JsonObject();
        foreach (var parameter in ReadParameters(schemas, place, title))
        {
            var argument = properties.ContainsKey(parameter.Name) ? $"{parameter.Name}_{parameter.In}" : parameter.Name;
            parameters.Add(parameter with { Argument = argument });
            properties[argument] = parameter.Schema;
        }

        OpenApiBody? body = null;
        if (schemas.Resolve(operation["requestBody"]) is JsonObject described)
        {
            body = ReadBody(schemas, described, properties.ContainsKey("body") ? "request_body" : "body", title);
            properties[body.Argument] = body.Schema;
        }

        var required = parameters.Where(static parameter => parameter.Required).Select(static parameter => parameter.Argument);
        var name = operation["operationId"]?.GetValue<string>() ?? $"{place.Method.ToLowerInvariant()}{place.Path.Replace('/', '_').Replace("{", "").Replace("}", "")}";
        return new OpenApiFunction(
            FunctionNames.From(options.Prefix + name),
            string.Join("\n", new[] { Text(operation["summary"]), Text(operation["description"]) }.Where(static words => words.Length > 0).Distinct()),
            FunctionSchema.Object(properties, body is { Required: true } ? required.Append(body.Argument) : required),
            new OpenApiCall(new HttpMethod(place.Method), address, place.Path, parameters, body),
            options,
            client,
            time);
    }

    private static IEnumerable<OpenApiParameter> ReadParameters(OpenApiSchemas schemas, Place place, string title)
    {
        // An operation's own parameter replaces the path's of the same name and place.
        var found = new Dictionary<(string, string), JsonObject>();
        var listed = (place.Item["parameters"] as JsonArray ?? []).Concat(place.Operation["parameters"] as JsonArray ?? []);
        foreach (var parameter in listed.Select(schemas.Resolve).OfType<JsonObject>())
        {
            found[(Text(parameter["name"]), Text(parameter["in"]))] = parameter;
        }

        foreach (var ((name, where), parameter) in found)
        {
            var required = parameter["required"]?.GetValue<bool>() == true;
            if (where == "cookie")
            {
                if (required)
                {
                    throw new ArgumentException($"{title} cannot be a function: it needs the cookie '{name}'.", nameof(place));
                }

                continue;
            }

            if (where == "header" && IgnoredHeaders.Contains(name))
            {
                continue;
            }

            var content = parameter["content"] as JsonObject;
            var schema = schemas.Inline(parameter["schema"] ?? content?.FirstOrDefault().Value?["schema"]);
            if (Text(parameter["description"]) is { Length: > 0 } words)
            {
                schema["description"] = words;
            }

            var style = Text(parameter["style"]) is { Length: > 0 } given ? given : where == "query" ? "form" : "simple";
            yield return new OpenApiParameter(name, where, name, where == "path" || required, schema)
            {
                Style = content is null ? style : "json",
                Explode = parameter["explode"]?.GetValue<bool>() ?? style == "form",
            };
        }
    }

    private static OpenApiBody ReadBody(OpenApiSchemas schemas, JsonObject body, string argument, string title)
    {
        var content = body["content"] as JsonObject ?? [];
        var (media, described) = content.FirstOrDefault(static entry => entry.Key.StartsWith("application/json", StringComparison.OrdinalIgnoreCase) || entry.Key.Contains("+json", StringComparison.OrdinalIgnoreCase));
        if (media is null)
        {
            (media, described) = content.FirstOrDefault(static entry => entry.Key is "application/x-www-form-urlencoded" or "text/plain");
        }

        if (media is null)
        {
            throw new ArgumentException($"{title} cannot be a function: it takes none of JSON, form fields and plain text.", nameof(body));
        }

        var schema = schemas.Inline(described?["schema"]);
        if (!schema.ContainsKey("description") && Text(body["description"]) is { Length: > 0 } words)
        {
            schema["description"] = words;
        }

        return new OpenApiBody(argument, media, body["required"]?.GetValue<bool>() == true, schema);
    }

    private static Dictionary<string, Place> Index(JsonObject document)
    {
        var known = new Dictionary<string, Place>(StringComparer.Ordinal);
        foreach (var (path, item) in document["paths"] as JsonObject ?? [])
        {
            if (item is not JsonObject operations)
            {
                continue;
            }

            foreach (var method in Methods)
            {
                if (operations[method] is JsonObject operation)
                {
                    var place = new Place(method.ToUpperInvariant(), path, operations, operation);
                    known[$"{place.Method} {path}"] = place;
                    if (Text(operation["operationId"]) is { Length: > 0 } id)
                    {
                        known[id] = place;
                    }
                }
            }
        }

        return known;
    }

    private static string BaseAddress(OpenApiOptions options)
    {
        var address = options.BaseAddress;
        if (address is null)
        {
            var server = (options.Document["servers"] as JsonArray)?.OfType<JsonObject>().FirstOrDefault();
            var text = Text(server?["url"]);
            foreach (var (name, variable) in server?["variables"] as JsonObject ?? [])
            {
                text = text.Replace("{" + name + "}", Text(variable?["default"]), StringComparison.Ordinal);
            }

            Uri.TryCreate(text, UriKind.Absolute, out address);
        }

        return address is { IsAbsoluteUri: true, Scheme: "http" or "https" }
            ? address.GetLeftPart(UriPartial.Path).TrimEnd('/')
            : throw new ArgumentException("The OpenAPI document names no absolute http or https address: set BaseAddress.", nameof(options));
    }

    private static string Text(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) ? text : "";

    private sealed record Place(string Method, string Path, JsonObject Item, JsonObject Operation);
}
