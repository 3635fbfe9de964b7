using System.Net.Http.Headers;

namespace Granary.Llm.Providers;

/// <summary>The headers of a call: what a provider wants, its key or the caller's, and what the caller passes on.</summary>
internal sealed class ProviderHeaders(ProviderSetup setup)
{
    private const string AnthropicVersion = "anthropic-version";

    private const string Bearer = "Bearer ";

    private readonly ProviderOptions _options = setup.Options;

    public void Write(ProviderCall call, HttpRequestMessage message)
    {
        message.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(call.Stream ? "text/event-stream" : "application/json"));
        foreach (var (name, value) in _options.Headers)
        {
            message.Headers.TryAddWithoutValidation(name, value);
        }

        foreach (var (name, value) in call.Headers)
        {
            // Neither another key than the provider's nor what belongs to the connection or the body.
            if (!IsOurs(name) && IsName(name) && IsValue(value))
            {
                message.Headers.Remove(name);
                message.Headers.TryAddWithoutValidation(name, value);
            }
        }

        if (setup.Kind == ProviderKind.Anthropic && !message.Headers.Contains(AnthropicVersion))
        {
            message.Headers.TryAddWithoutValidation(AnthropicVersion, "2023-06-01");
        }

        if (_options.Key is { } key)
        {
            var (name, value) = Own(key);
            message.Headers.TryAddWithoutValidation(name, value);
        }
        else if (!string.IsNullOrWhiteSpace(call.Credential) && call.Credential.AsSpan().IndexOfAnyExceptInRange(' ', '~') < 0)
        {
            var (name, value) = Callers(call.Credential.Trim());
            message.Headers.TryAddWithoutValidation(name, value);
        }
    }

    private (string Name, string Value) Own(string key) => setup.Kind switch
    {
        ProviderKind.Anthropic => ("x-api-key", key),
        ProviderKind.Gemini => ("x-goog-api-key", key),
        ProviderKind.Azure => ("api-key", key),
        _ => ("Authorization", Bearer + key),
    };

    /// <summary>
    /// The caller's credential under the name that the provider wants it: callers use their own client's header, which may be another
    /// provider's. Tokens of OAuth stay in <c>Authorization</c> with the providers that tell them from keys.
    /// </summary>
    private (string Name, string Value) Callers(string credential)
    {
        var isBearer = credential.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase);
        var key = isBearer ? credential[Bearer.Length..].Trim() : credential;
        var isToken = isBearer && setup.Kind switch
        {
            ProviderKind.Anthropic => key.StartsWith("sk-ant-oat", StringComparison.Ordinal),
            ProviderKind.Gemini => key.StartsWith("ya29.", StringComparison.Ordinal),
            ProviderKind.Azure => key.StartsWith("eyJ", StringComparison.Ordinal),
            _ => true,
        };
        return isToken ? ("Authorization", Bearer + key) : Own(key);
    }

    /// <summary>Whether a text is a header's name: a token of RFC 9110, 5.6.2.</summary>
    public static bool IsName(string name) =>
        name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~".Contains(c, StringComparison.Ordinal));

    /// <summary>Whether a text can be a header's value here: printable ASCII, not empty.</summary>
    public static bool IsValue(string value) => !string.IsNullOrWhiteSpace(value) && value.AsSpan().IndexOfAnyExceptInRange(' ', '~') < 0;

    /// <summary>Whether a header is the client's alone: credentials, and what belongs to the connection or the body.</summary>
    public static bool IsOurs(string name) => name.ToLowerInvariant() is
        "authorization" or "x-api-key" or "api-key" or "x-goog-api-key" or "proxy-authorization" or "cookie"
        or "host" or "connection" or "keep-alive" or "transfer-encoding" or "te" or "trailer" or "upgrade" or "expect"
        or "accept" or "accept-encoding" || name.StartsWith("content-", StringComparison.OrdinalIgnoreCase);
}
