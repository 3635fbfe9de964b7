using System.Text.Json;
using System.Text.Json.Nodes;

namespace Granary.Llm.Functions.OpenApi;

/// <summary>Makes functions of the operations of an OpenAPI 3 document.</summary>
public static class OpenApiFunctions
{
    private static readonly string[] Methods = ["get", "put", "post", "delete", "patch", "head", "options"];

    // A buffer of one more character is rented for each call.
    private const int MaxResponseCharacters = 16 * 1024 * 1024;

    /// <summary>Registers the listed operations of an API, all or none.</summary>
    /// <param name="registry">The registry.</param>
    /// <param name="options">The API.</param>
    /// <param name="handler">
    /// Sends the requests, and must not follow redirects: they would carry credentials, and the model's questions, to wherever they point. It is not
    /// disposed. Null for one that connects directly.
    /// </param>
    /// <param name="time">The clock of timeouts.</param>
    /// <exception cref="ArgumentException">An operation is not in the document or cannot be a function, a setting is wrong, or a name is taken.</exception>
    public static IReadOnlyList<AgentFunction> AddOpenApi(
        this FunctionRegistry registry, OpenApiOptions options, HttpMessageHandler? handler = null, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(registry);
        return registry.AddAll(Create(options, handler, time));
    }

    /// <summary>Makes the functions of the listed operations, in the order of the list.</summary>
    /// <param name="options">The API.</param>
    /// <param name="handler">
    /// Sends the requests, and must not follow redirects: they would carry credentials, and the model's questions, to wherever they point. It is not
    /// disposed. Null for one that connects directly.
    /// </param>
    /// <param name="time">The clock of timeouts.</param>
    /// <exception cref="ArgumentException">An operation is not in the document or cannot be a function, or a setting is wrong.</exception>
    public static IReadOnlyList<AgentFunction> Create(OpenApiOptions options, HttpMessageHandler? handler = null, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxResponseCharacters, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.MaxResponseCharacters, MaxResponseCharacters);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(options.Timeout, TimeSpan.Zero);
        if (FunctionHandlers.FollowsRedirects(handler))
        {
            throw new ArgumentException("The handler would follow redirects: set its AllowAutoRedirect to false.", nameof(handler));
        }

        var address = BaseAddress(options);
        var known = Index(options.Document);
        var client = new HttpClient(handler ?? FunctionHandlers.Create(), disposeHandler: false) { Timeout = Timeout.InfiniteTimeSpan };
        var unused = options.Fixed.Keys.ToHashSet(StringComparer.OrdinalIgnoreCase);
        var found = new List<AgentFunction>();
        foreach (var wanted in options.Operations)
        {
            if (!known.TryGetValue(wanted, out var place))
            {
                throw new ArgumentException($"The OpenAPI document has no operation '{wanted}'.", nameof(options));
            }

            found.Add(Create(options, place, address, client, time ?? TimeProvider.System, unused));
        }

        // A misspelt name would leave to the model what must not be its own.
        return unused.Count == 0 ? found : throw new ArgumentException($"No listed operation has the parameter '{unused.First()}' of Fixed.", nameof(options));
    }

    /// <summary>All operations of a document, each as <c>GET /path/{id}</c>.</summary>
    internal static IReadOnlyList<string> OperationsOf(JsonObject document) =>
        [.. Index(document).Values.Distinct().Select(static place => $"{place.Method} {place.Path}")];

    private static OpenApiFunction Create(OpenApiOptions options, Place place, string address, HttpClient client, TimeProvider time, HashSet<string> unused)
    {
        var schemas = new OpenApiSchemas(options.Document);
        var operation = place.Operation;
        var title = $"{place.Method} {place.Path}";
        var parameters = new List<OpenApiParameter>();
        var properties = new JsonObject();
        var credentials = new OpenApiCredentials(options.Document, schemas);
        var hidden = credentials.QueryNames.ToHashSet(StringComparer.OrdinalIgnoreCase);
        var listed = ReadParameters(schemas, place, title).ToList();
        var names = new ArgumentNames(listed.Select(static parameter => parameter.Name));
        foreach (var parameter in listed)
        {
            if (FixedBy(options, parameter) is { } value)
            {
                parameters.Add(parameter with { Fixed = value });
                hidden.Add(parameter.Name);
                unused.Remove(parameter.Name);
            }
            else if (!credentials.Contains(parameter.Name, parameter.In))
            {
                var argument = names.Fit(parameter.Name, parameter.In);
                parameters.Add(parameter with { Argument = argument });
                properties[argument] = parameter.Schema;
            }
        }

        OpenApiBody? body = null;
        if (schemas.Resolve(operation["requestBody"]) is JsonObject described)
        {
            body = ReadBody(schemas, described, names.Fit("body", "request"), title);
            properties[body.Argument] = body.Schema;
        }

        var required = parameters.Where(static parameter => parameter is { Required: true, Fixed: null }).Select(static parameter => parameter.Argument);
        var name = operation["operationId"]?.GetValue<string>() ?? $"{place.Method.ToLowerInvariant()}{place.Path.Replace('/', '_').Replace("{", "").Replace("}", "")}";
        return new OpenApiFunction(
            FunctionNames.From(options.Prefix + name),
            string.Join("\n", new[] { Text(operation["summary"]), Text(operation["description"]) }.Where(static words => words.Length > 0).Distinct()),
            FunctionSchema.Object(properties, body is { Required: true } ? required.Append(body.Argument) : required),
            new OpenApiCall(new HttpMethod(place.Method), address, place.Path, parameters, body, hidden),
            options,
            client,
            time);
    }

    /// <summary>Where the value of a parameter comes from, if not from the model. Names of headers are compared without regard to case.</summary>
    private static Func<FunctionScope, string?>? FixedBy(OpenApiOptions options, OpenApiParameter parameter)
    {
        var comparison = parameter.In == "header" ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;
        return options.Fixed.FirstOrDefault(entry => string.Equals(entry.Key, parameter.Name, comparison)).Value;
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
