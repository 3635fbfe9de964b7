using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Granary.Http.Identity;

/// <summary>A key that callers present, and its hash that the service keeps.</summary>
/// <param name="Text">The key; shown once and kept nowhere.</param>
/// <param name="Hash">SHA-256 of its UTF-8 bytes, in hexadecimal.</param>
/// <remarks>A plain hash is enough here: a key is 256 random bits, so there is no dictionary to try.</remarks>
public sealed record ApiKey(string Text, string Hash)
{
    private const int RandomBytes = 32;

    /// <summary>Makes a key of 256 random bits. It begins with <c>gk_</c>, so that scanners find one that leaked.</summary>
    public static ApiKey Create()
    {
        var text = "gk_" + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(RandomBytes));
        return new ApiKey(text, HashOf(text));
    }

    /// <summary>The hash of a key.</summary>
    /// <param name="text">The key.</param>
    public static string HashOf(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
