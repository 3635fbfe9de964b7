using Granary.Http.Identity;
using Granary.Llm.Providers;
using Microsoft.AspNetCore.Http;

namespace Granary.Http.Proxy;

/// <summary>The headers that go through the proxy, both ways, and the credential that may go to a provider.</summary>
internal static class ProxyHeaders
{
    /// <summary>Carries a key for the provider where <c>Authorization</c> carries one for this service.</summary>
    public const string ProviderKey = "X-Provider-Key";

    public const string Session = "X-Session-ID";

    public const string Stored = "X-Granary-Stored";

    /// <summary>How keys of this service begin; they are never sent on, not even where no key is asked for.</summary>
    private const string OwnKeys = "gk_";

    private static readonly string[] Prefixes = ["anthropic-", "openai-", "x-stainless-", "x-goog-api-client"];

    private static readonly string[] Accounts = ["OpenAI-Organization", "OpenAI-Project"];

    private static readonly string[] Names = ["User-Agent", "HTTP-Referer", "X-Title", "X-Client-Request-Id"];

    /// <summary>
    /// The caller's credential for a provider that has no key of its own: <see cref="ProviderKey"/>; or, where this service asks nobody for a
    /// key, what the caller's client sends its provider. A key of this service is none.
    /// </summary>
    public static string? Credential(HttpRequest request, KeyRing keys)
    {
        var credential = RequestValues.Header(request, ProviderKey);
        if (credential is null && !keys.IsRequired)
        {
            credential = RequestValues.Header(request, "Authorization") ?? RequestValues.Header(request, "X-API-Key") ?? RequestValues.Header(request, "X-Goog-Api-Key");
        }

        if (string.IsNullOrWhiteSpace(credential))
        {
            return null;
        }

        const string Bearer = "Bearer ";
        var key = (credential.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) ? credential[Bearer.Length..] : credential).Trim();
        return key.StartsWith(OwnKeys, StringComparison.Ordinal) || keys.Knows(key) ? null : credential;
    }

    /// <summary>The headers of a request that a provider gets. Those that name or prove who calls this service are not among them.</summary>
    /// <param name="request">The request.</param>
    /// <param name="credential">The caller's credential, if it is used: who pays chooses the organization and the project.</param>
    public static List<KeyValuePair<string, string>> ToProvider(HttpRequest request, string? credential)
    {
        var passed = new List<KeyValuePair<string, string>>();
        foreach (var (name, values) in request.Headers)
        {
            if (credential is null && Array.Exists(Accounts, account => account.Equals(name, StringComparison.OrdinalIgnoreCase)))
            {
                continue;
            }

            if (Array.Exists(Prefixes, prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
                || Array.Exists(Names, known => known.Equals(name, StringComparison.OrdinalIgnoreCase)))
            {
                foreach (var value in values)
                {
                    passed.Add(new(name, value ?? ""));
                }
            }
        }

        return passed;
    }

    /// <summary>Gives the client what the provider's answer has, apart from what belongs to the connection.</summary>
    public static void ToClient(ProviderResponse answer, HttpResponse response)
    {
        foreach (var (name, values) in answer.Headers)
        {
            if (!BelongsToConnection(name))
            {
                response.Headers[name] = values.ToArray();
            }
        }
    }

    /// <summary>Of the connection, or of what the provider lets web pages do: that is not this service's word.</summary>
    private static bool BelongsToConnection(string name) => name.StartsWith("access-control-", StringComparison.OrdinalIgnoreCase) || name.ToLowerInvariant() is
        "connection" or "keep-alive" or "transfer-encoding" or "te" or "trailer" or "upgrade" or "proxy-authenticate" or "proxy-connection"
        or "set-cookie" or "server" or "date" or "alt-svc" or "strict-transport-security" or "x-session-id" or "x-granary-stored";
}
