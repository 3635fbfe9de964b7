using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;

namespace Granary.Providers.Mem0;

/// <summary>Shows the service who calls.</summary>
internal sealed class Mem0Signer(Mem0ProviderOptions options, TimeProvider time)
{
    private readonly byte[]? _secret = options.HmacSecret is { } secret ? Encoding.UTF8.GetBytes(secret) : null;

    /// <summary>Adds the key and the signature to a request.</summary>
    /// <param name="headers">The request's headers.</param>
    /// <param name="user">The user as the service knows him, or null where the request is about none.</param>
    public void Sign(HttpRequestHeaders headers, string? user)
    {
        if (options.ApiKey is { } key)
        {
            headers.Authorization = new AuthenticationHeaderValue(options.KeyScheme.ToString(), key);
        }

        if (_secret is null)
        {
            return;
        }

        if (options.Signature == Mem0Signature.User)
        {
            if (user is not null)
            {
                headers.TryAddWithoutValidation("X-User-Context", user);
                headers.TryAddWithoutValidation("X-Signature", Hmac($"user:{user}"));
            }

            return;
        }

        var seconds = time.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var signature = $"{seconds}:{Hmac(seconds)}";
        if (options.ApiKey is null)
        {
            headers.Authorization = new AuthenticationHeaderValue("Bearer", signature);
        }
        else
        {
            headers.TryAddWithoutValidation("X-Signature", signature);
        }

        if (user is not null)
        {
            headers.TryAddWithoutValidation("X-User-Id", user);
        }
    }

    private string Hmac(string text) => Convert.ToHexStringLower(HMACSHA256.HashData(_secret!, Encoding.UTF8.GetBytes(text)));
}
