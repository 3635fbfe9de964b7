using System.Globalization;

namespace Granary.Llm.Providers;

/// <summary>Where a provider's operations are.</summary>
internal sealed class ProviderAddress
{
    private readonly string _name;
    private readonly ProviderOptions _options;
    private readonly ProviderKind _kind;
    private readonly string _base;
    private readonly bool _isAzureByVersion;

    public ProviderAddress(ProviderSetup setup)
    {
        (_name, _options, _kind) = (setup.Name, setup.Options, setup.Kind);
        _base = (_options.BaseUrl ?? DefaultOf(_kind)).TrimEnd('/');
        switch (_kind)
        {
            case ProviderKind.Ollama:
                _base = Without(Without(_base, "/v1"), "/api");
                break;
            case ProviderKind.Azure:
                // The address of the newer API has the version in its path and takes no api-version.
                _isAzureByVersion = !HasVersion(_base);
                _base = _isAzureByVersion ? Without(_base, "/openai") + "/openai" : _base;
                break;
            default:
                _base = HasVersion(_base) ? _base : _base + (_kind == ProviderKind.Gemini ? "/v1beta" : "/v1");
                break;
        }
    }

    /// <summary>What the addresses begin with, version included.</summary>
    public string Base => _base;

    /// <summary>The address of a call.</summary>
    /// <exception cref="ProviderException">The provider has no such operation (status 404).</exception>
    public Uri Of(ProviderCall call) => new(_kind switch
    {
        ProviderKind.Anthropic => Anthropic(call),
        ProviderKind.Gemini => Gemini(call),
        ProviderKind.Ollama => Ollama(call),
        ProviderKind.Azure when _isAzureByVersion => Azure(call),
        _ => OpenAI(call),
    });

    private string OpenAI(ProviderCall call) => call.Operation switch
    {
        ProviderOperation.Chat => $"{_base}/chat/completions",
        ProviderOperation.Responses => $"{_base}/responses",
        ProviderOperation.Embeddings => $"{_base}/embeddings",
        ProviderOperation.Models => $"{_base}/models",
        _ => throw Lacks(call),
    };

    private string Azure(ProviderCall call)
    {
        var query = $"?api-version={Uri.EscapeDataString(_options.ApiVersion)}";
        return call.Operation switch
        {
            ProviderOperation.Chat => $"{_base}/deployments/{Deployment(call, _options.Deployment)}/chat/completions{query}",
            ProviderOperation.Embeddings => $"{_base}/deployments/{Deployment(call, null)}/embeddings{query}",
            ProviderOperation.Models => $"{_base}/models{query}",
            // Responses are only in the newer API, under the same resource.
            ProviderOperation.Responses => $"{_base}/v1/responses",
            _ => throw Lacks(call),
        };
    }

    private string Deployment(ProviderCall call, string? common) =>
        Segment(_options.Deployments.TryGetValue(call.Model, out var own) ? own : common ?? call.Model);

    private string Anthropic(ProviderCall call) => call.Operation switch
    {
        ProviderOperation.Chat => $"{_base}/messages",
        ProviderOperation.CountTokens => $"{_base}/messages/count_tokens",
        ProviderOperation.Models => $"{_base}/models?limit=1000",
        _ => throw Lacks(call),
    };

    private string Gemini(ProviderCall call) => call.Operation switch
    {
        ProviderOperation.Chat when call.Stream => $"{_base}/{GeminiModel(call.Model)}:streamGenerateContent?alt=sse",
        ProviderOperation.Chat => $"{_base}/{GeminiModel(call.Model)}:generateContent",
        ProviderOperation.CountTokens => $"{_base}/{GeminiModel(call.Model)}:countTokens",
        ProviderOperation.Embeddings => $"{_base}/{GeminiModel(call.Model)}:batchEmbedContents",
        ProviderOperation.Models => $"{_base}/models?pageSize=1000",
        _ => throw Lacks(call),
    };

    private string Ollama(ProviderCall call) => call.Operation switch
    {
        ProviderOperation.Chat => $"{_base}/api/chat",
        ProviderOperation.Responses => $"{_base}/v1/responses",
        ProviderOperation.Embeddings => $"{_base}/v1/embeddings",
        ProviderOperation.Models => $"{_base}/v1/models",
        _ => throw Lacks(call),
    };

    private ProviderException Lacks(ProviderCall call) =>
        new(_name, string.Create(CultureInfo.InvariantCulture, $"The provider '{_name}' has no API for {NameOf(call.Operation)}."), 404);

    /// <summary>What an operation is called in messages and metrics.</summary>
    public static string NameOf(ProviderOperation operation) => operation switch
    {
        ProviderOperation.Chat => "chat",
        ProviderOperation.Responses => "responses",
        ProviderOperation.Embeddings => "embeddings",
        ProviderOperation.CountTokens => "count_tokens",
        _ => "models",
    };

    /// <summary>A model's name in a Gemini path: <c>models/{name}</c>, unless it says itself that it is tuned (<c>tunedModels/{name}</c>).</summary>
    public static string GeminiModel(string model)
    {
        var folder = model.StartsWith("tunedModels/", StringComparison.Ordinal) ? "tunedModels/" : "models/";
        return folder + Segment(model.StartsWith(folder, StringComparison.Ordinal) ? model[folder.Length..] : model);
    }

    /// <summary>A name as one part of a path; names that would lead elsewhere name nothing.</summary>
    private static string Segment(string name) => name is "" or "." or ".."
        ? throw new ProviderException("none", $"'{name}' is no model's name.", 404)
        : Uri.EscapeDataString(name);

    private static string DefaultOf(ProviderKind kind) => kind switch
    {
        ProviderKind.Anthropic => "https://api.anthropic.com",
        ProviderKind.Gemini => "https://generativelanguage.googleapis.com",
        ProviderKind.Mistral => "https://api.mistral.ai",
        ProviderKind.Ollama => "http://127.0.0.1:11434",
        _ => "https://api.openai.com",
    };

    /// <summary>Whether a part of the path is a version: <c>v1</c>, <c>v1beta</c>, <c>v4</c>.</summary>
    private static bool HasVersion(string address) =>
        new Uri(address).Segments.Any(segment => segment.Length > 1 && segment[0] == 'v' && char.IsAsciiDigit(segment[1]));

    private static string Without(string text, string end) => text.EndsWith(end, StringComparison.OrdinalIgnoreCase) ? text[..^end.Length] : text;
}
