using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Granary.Http.Identity;

/// <summary>The configured keys. Without any, every caller is <see cref="Caller.Anonymous"/>.</summary>
internal sealed class KeyRing
{
    // Longer than any key that this service makes; a longer header is not worth hashing.
    private const int LongestKey = 1024;

    // What clients of mem0 write comes second.
    private static readonly string[] Schemes = ["Bearer ", "Token "];

    // By the first 8 bytes of the hash: whoever times the lookup learns about a hash, which says nothing about a key.
    private readonly Dictionary<ulong, (byte[] Hash, Caller Caller)[]> _keys;

    public KeyRing(IEnumerable<ApiKeyOptions> keys)
    {
        _keys = keys
            .Select(key => (Hash: Convert.FromHexString(key.Hash), Caller: Caller.Of(key)))
            .GroupBy(key => BinaryPrimitives.ReadUInt64BigEndian(key.Hash))
            .ToDictionary(group => group.Key, group => group.ToArray());
    }

    /// <summary>Whether there are keys, so that callers must present one.</summary>
    public bool IsRequired => _keys.Count > 0;

    /// <summary>The caller that the request's credential proves.</summary>
    /// <exception cref="AccessDeniedException">There are keys, and the request presents none of them.</exception>
    /// <exception cref="InvalidRequestException">It presents two different ones.</exception>
    public Caller Authenticate(HttpRequest request)
    {
        if (!IsRequired)
        {
            return Caller.Anonymous;
        }

        return Find(Presented(request)) ?? throw new AccessDeniedException(ErrorCodes.Unauthorized, "The key is not known.");
    }

    /// <summary>Whether this is a key of the service.</summary>
    public bool Knows(string key) => Find(key) is not null;

    private static string Presented(HttpRequest request)
    {
        var bearer = Bearer(request.Headers.Authorization);
        var header = Single(request.Headers["X-API-Key"], "X-API-Key");
        if (bearer is not null && header is not null && bearer != header)
        {
            throw new InvalidRequestException("X-API-Key", "differs from the key in Authorization");
        }

        return bearer ?? header
            ?? throw new AccessDeniedException(ErrorCodes.Unauthorized, "Present a key as 'Authorization: Bearer KEY' or 'X-API-Key: KEY'.");
    }

    private static string? Bearer(StringValues values)
    {
        var value = Single(values, "Authorization");
        if (value is null)
        {
            return null;
        }

        foreach (var scheme in Schemes)
        {
            if (value.StartsWith(scheme, StringComparison.OrdinalIgnoreCase))
            {
                return value[scheme.Length..].Trim();
            }
        }

        throw new AccessDeniedException(ErrorCodes.Unauthorized, "Authorization must be 'Bearer KEY' (or 'Token KEY').");
    }

    private static string? Single(StringValues values, string name) =>
        values.Count <= 1 ? (string?)values : throw new InvalidRequestException(name, "must be given once");

    private Caller? Find(string key)
    {
        if (key.Length is 0 or > LongestKey)
        {
            return null;
        }

        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        var bytes = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(key.Length));
        try
        {
            SHA256.HashData(bytes.AsSpan(0, Encoding.UTF8.GetBytes(key, bytes)), hash);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes, clearArray: true);
        }

        if (!_keys.TryGetValue(BinaryPrimitives.ReadUInt64BigEndian(hash), out var candidates))
        {
            return null;
        }

        foreach (var (known, caller) in candidates)
        {
            if (CryptographicOperations.FixedTimeEquals(known, hash))
            {
                return caller;
            }
        }

        return null;
    }
}
