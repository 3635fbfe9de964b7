using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Granary.Llm.Functions.OpenApi;

/// <summary>Writes a model's arguments as a request, in OpenAPI's parameter styles.</summary>
internal static class OpenApiRequests
{
    /// <summary>The request of a call.</summary>
    /// <exception cref="FunctionException">An argument is missing, unknown, or has no place in a request.</exception>
    public static HttpRequestMessage Create(OpenApiCall call, JsonElement arguments, FunctionScope scope)
    {
        var given = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var argument in arguments.EnumerateObject())
        {
            given[argument.Name] = argument.Value;
        }

        var path = call.Path;
        var query = new StringBuilder();
        var headers = new List<KeyValuePair<string, string>>();
        foreach (var parameter in call.Parameters)
        {
            JsonElement value;
            if (parameter.Fixed is { } fixedBy)
            {
                value = fixedBy(scope) is { } known
                    ? JsonSerializer.SerializeToElement(known, FunctionJson.Options)
                    : throw new FunctionException($"it is not known whose '{parameter.Name}' this could be");
            }
            else if (!given.Remove(parameter.Argument, out value) || value.ValueKind == JsonValueKind.Null)
            {
                if (parameter.Required)
                {
                    throw new FunctionException($"the argument '{parameter.Argument}' is missing");
                }

                continue;
            }

            switch (parameter.In)
            {
                case "path":
                    path = path.Replace("{" + parameter.Name + "}", PathValue(parameter, value), StringComparison.Ordinal);
                    break;
                case "query":
                    AddQuery(query, parameter, value, call.Hidden);
                    break;
                default:
                    headers.Add(new(parameter.Name, HeaderValue(parameter, value)));
                    break;
            }
        }

        JsonElement? body = null;
        if (call.Body is { } described)
        {
            if (given.Remove(described.Argument, out var value))
            {
                body = value;
            }
            else if (described.Required)
            {
                throw new FunctionException($"the argument '{described.Argument}' is missing");
            }
        }

        if (given.Count > 0)
        {
            throw new FunctionException($"there is no argument '{given.Keys.First()}'");
        }

        var request = new HttpRequestMessage(call.Method, new Uri(call.BaseAddress + path + query, UriKind.Absolute));
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("*/*", 0.5));
        foreach (var (header, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(header, value);
        }

        request.Content = body is { } content ? Content(call.Body!, content) : null;
        return request;
    }

    private static string PathValue(OpenApiParameter parameter, JsonElement value)
    {
        var text = Simple(parameter, value, Uri.EscapeDataString);

        // An address normalizes these away, so that another operation would be called; some servers do so with escaped slashes too.
        var steps = Uri.UnescapeDataString(text).Split('/', '\\');
        return text.Length == 0 || steps.Any(static step => step is "." or "..")
            ? throw new FunctionException($"the argument '{parameter.Argument}' must not be '{Uri.UnescapeDataString(text)}'")
            : text;
    }

    private static string HeaderValue(OpenApiParameter parameter, JsonElement value)
    {
        var text = Simple(parameter, value, static part => part);
        return text.AsSpan().ContainsAnyExceptInRange(' ', '~') ? throw new FunctionException($"the argument '{parameter.Argument}' must be one line of ASCII") : text;
    }

    private static string Simple(OpenApiParameter parameter, JsonElement value, Func<string, string> escape) => parameter.Style == "json"
        ? escape(value.GetRawText())
        : value.ValueKind switch
        {
            JsonValueKind.Array => string.Join(',', value.EnumerateArray().Select(item => escape(Scalar(item)))),
            JsonValueKind.Object when parameter.Explode =>
                string.Join(',', value.EnumerateObject().Select(entry => $"{escape(entry.Name)}={escape(Scalar(entry.Value))}")),
            JsonValueKind.Object => string.Join(',', value.EnumerateObject().SelectMany(entry => new[] { escape(entry.Name), escape(Scalar(entry.Value)) })),
            _ => escape(Scalar(value)),
        };

    private static void AddQuery(StringBuilder query, OpenApiParameter parameter, JsonElement value, IReadOnlySet<string> hidden)
    {
        var name = parameter.Name;
        switch (value.ValueKind)
        {
            case JsonValueKind.Array or JsonValueKind.Object when parameter.Style == "json":
                Add(name, value.GetRawText());
                break;
            case JsonValueKind.Array when parameter.Explode:
                foreach (var item in value.EnumerateArray())
                {
                    Add(name, Scalar(item));
                }

                break;
            case JsonValueKind.Array:
                var separator = parameter.Style switch { "spaceDelimited" => "%20", "pipeDelimited" => "|", _ => "," };
                AddEscaped(name, string.Join(separator, value.EnumerateArray().Select(static item => Uri.EscapeDataString(Scalar(item)))));
                break;
            case JsonValueKind.Object when parameter.Style == "deepObject":
                foreach (var entry in value.EnumerateObject())
                {
                    AddOwn($"{name}[{entry.Name}]", Scalar(entry.Value));
                }

                break;
            case JsonValueKind.Object when parameter.Explode:
                foreach (var entry in value.EnumerateObject())
                {
                    AddOwn(entry.Name, Scalar(entry.Value));
                }

                break;
            default:
                AddEscaped(name, Simple(parameter, value, Uri.EscapeDataString));
                break;
        }

        // Names that the model makes up must not be those of what it may not set.
        void AddOwn(string key, string text)
        {
            if (hidden.Contains(key))
            {
                throw new FunctionException($"there is no argument '{key}'");
            }

            Add(key, text);
        }

        void Add(string key, string text) => AddEscaped(key, Uri.EscapeDataString(text));

        void AddEscaped(string key, string text) => query.Append(query.Length == 0 ? '?' : '&').Append(Uri.EscapeDataString(key)).Append('=').Append(text);
    }

    private static HttpContent Content(OpenApiBody body, JsonElement value)
    {
        if (body.MediaType == "application/x-www-form-urlencoded")
        {
            return value.ValueKind == JsonValueKind.Object
                ? new FormUrlEncodedContent(value.EnumerateObject().Select(static entry => KeyValuePair.Create(entry.Name, Scalar(entry.Value))))
                : throw new FunctionException($"the argument '{body.Argument}' must be an object");
        }

        var text = body.MediaType == "text/plain" ? Scalar(value) : value.GetRawText();
        return new StringContent(text, Encoding.UTF8, MediaTypeHeaderValue.Parse(body.MediaType).MediaType!);
    }

    private static string Scalar(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.Null => "",
        _ => value.GetRawText(),
    };
}
