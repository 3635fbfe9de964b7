using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Granary.Http.Proxy;

/// <summary>
/// Ids of answers in the shape of OpenAI's responses that lead back to their session without a table: <c>resp_gr</c> and, in base64url, a
/// check sum, the session's last sequence before the answer, 6 random bytes and the session's id. They prove nothing: a session is only ever
/// looked up among those of the caller's own user.
/// </summary>
internal static class ResponseIds
{
    private const string Prefix = "resp_gr";

    private const int RandomBytes = 6;
    private const int CheckBytes = 4;
    private const int HeadBytes = CheckBytes + sizeof(long) + RandomBytes;

    /// <summary>A new id.</summary>
    /// <param name="session">The session.</param>
    /// <param name="lastSequence">Its last sequence when the answer began.</param>
    public static string New(string session, long lastSequence)
    {
        Span<byte> bytes = stackalloc byte[HeadBytes + Ids.MaxLength];
        BinaryPrimitives.WriteInt64BigEndian(bytes[CheckBytes..], lastSequence);
        RandomNumberGenerator.Fill(bytes.Slice(CheckBytes + sizeof(long), RandomBytes));
        var length = HeadBytes + Encoding.ASCII.GetBytes(session, bytes[HeadBytes..]);
        BinaryPrimitives.WriteUInt32BigEndian(bytes, Check(bytes[CheckBytes..length]));
        return Prefix + Base64Url.EncodeToString(bytes[..length]);
    }

    /// <summary>Reads an id.</summary>
    /// <returns>False if it is none of ours.</returns>
    public static bool TryRead(string id, out string session, out long lastSequence)
    {
        session = "";
        lastSequence = 0;
        var text = id.AsSpan();
        if (!text.StartsWith(Prefix, StringComparison.Ordinal) || text.Length > Prefix.Length + ((HeadBytes + Ids.MaxLength + 2) / 3 * 4))
        {
            return false;
        }

        Span<byte> bytes = stackalloc byte[HeadBytes + Ids.MaxLength + 3];
        if (!Base64Url.IsValid(text[Prefix.Length..]) || !Base64Url.TryDecodeFromChars(text[Prefix.Length..], bytes, out var length)
            || length <= HeadBytes || BinaryPrimitives.ReadUInt32BigEndian(bytes) != Check(bytes[CheckBytes..length]))
        {
            return false;
        }

        session = Encoding.ASCII.GetString(bytes[HeadBytes..length]);
        lastSequence = BinaryPrimitives.ReadInt64BigEndian(bytes[CheckBytes..]);
        return Ids.IsValid(session) && lastSequence >= 0;
    }

    private static uint Check(ReadOnlySpan<byte> bytes)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes, hash);
        return BinaryPrimitives.ReadUInt32BigEndian(hash);
    }
}
