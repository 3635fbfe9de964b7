namespace Granary.Llm.Functions.Settings;

/// <summary>Settings of an HTTP API whose operations become functions (<c>Granary:Functions:OpenApi:{name}</c>). They are named <c>{name}_{operation}</c>.</summary>
internal sealed class OpenApiSettings
{
    /// <summary>The word for all operations of a document.</summary>
    public const string All = "*";

    /// <summary>Where the API's OpenAPI 3 document is, in JSON; either this or <see cref="File"/>.</summary>
    public string? Url { get; set; }

    /// <summary>The file with the API's OpenAPI 3 document, in JSON; either this or <see cref="Url"/>.</summary>
    public string? File { get; set; }

    /// <summary>Where the API is; by default the first address of the document's <c>servers</c>, which for a document from <see cref="Url"/> must be of the same origin.</summary>
    public string? BaseAddress { get; set; }

    /// <summary>The operations that become functions, each by its <c>operationId</c> or as <c>GET /path/{id}</c>; <c>*</c> for all. Whatever is not listed no model can call.</summary>
    public IList<string> Operations { get; set; } = [];

    /// <summary>Headers of each request to the API, and to <see cref="Url"/> where that is of the same origin, such as <c>Authorization</c>.</summary>
    public IDictionary<string, string> Headers { get; set; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>Seconds that a call, or the loading of the document, may take, above 0 up to 3,600.</summary>
    public double TimeoutSeconds { get; set; } = 30;

    /// <summary>Whether it is used.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>What is wrong, each with the setting's name and the fix; no value of a header is told.</summary>
    /// <param name="path">The section.</param>
    public IEnumerable<string> Validate(string path)
    {
        if (string.IsNullOrWhiteSpace(Url) == string.IsNullOrWhiteSpace(File))
        {
            yield return $"{path} needs either Url or File, where the API's OpenAPI document is, and not both.";
        }

        foreach (var (name, value) in new[] { (nameof(Url), Url), (nameof(BaseAddress), BaseAddress) })
        {
            if (SettingRules.Address($"{path}:{name}", value) is { } wrong)
            {
                yield return wrong;
            }
        }

        if (Operations.Count == 0 || Operations.Any(string.IsNullOrWhiteSpace))
        {
            yield return $"{path}:Operations must list the operations that models may call, by operationId or as 'GET /path/{{id}}'; write * for all of them.";
        }

        foreach (var failure in SettingRules.Headers(path, Headers).Concat(SettingRules.Seconds(path, (nameof(TimeoutSeconds), TimeoutSeconds))))
        {
            yield return failure;
        }
    }
}
