using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Granary.Core.Sessions.Documents;
using Granary.Core.Transcripts;

namespace Granary.Core.Sessions;

/// <summary>What recognises a repeated append: half of a SHA-256 over the key, and one over the content.</summary>
internal static class IdempotencyKey
{
    /// <summary>A time of storing that no message's own time equals: the validator takes none before 1900.</summary>
    private static readonly long NeverStored = DateTimeOffset.MinValue.ToUnixTimeMilliseconds();

    /// <summary>The hash of the request's key, or of its message ids where every message has one; null if there is neither.</summary>
    public static UInt128? Of(AppendRequest request)
    {
        if (request.IdempotencyKey is { } key)
        {
            return Hash(Encoding.UTF8.GetBytes("key\n" + key));
        }

        var messages = request.Messages;
        for (var i = 0; i < messages.Count; i++)
        {
            if (messages[i].Id is null)
            {
                return null;
            }
        }

        // Ids hold no control characters, so the list is unambiguous; the prefix keeps them apart from keys.
        return Hash(Encoding.UTF8.GetBytes("ids\n" + string.Join('\n', messages.Select(m => m.Id))));
    }

    /// <summary>The hash of messages as they are stored, before the session gives them sequence, turn and time.</summary>
    /// <param name="messages">The messages.</param>
    /// <param name="supersedes">What they take the place of: the same words as another turn's or as another answer are another append.</param>
    public static UInt128 HashContent(IReadOnlyList<Message> messages, long? supersedes) => Hash(DocumentJson.Encode((messages, supersedes), static (writer, content) =>
    {
        writer.WriteStartArray();
        for (var i = 0; i < content.messages.Count; i++)
        {
            // What callers cannot set, or what the session overwrites, does not count. No message has the time of storing.
            MessageCodec.Write(writer, new TranscriptEntry(content.messages[i] with { Sequence = 0, Turn = 0 }, 0, 0), NeverStored);
        }

        if (content.supersedes is { } first)
        {
            writer.WriteNumberValue(first);
        }

        writer.WriteEndArray();
    }));

    public static string Text(UInt128 hash) => hash.ToString("x32", CultureInfo.InvariantCulture);

    public static UInt128 Parse(string text) => UInt128.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    private static UInt128 Hash(ReadOnlySpan<byte> bytes)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes, hash);
        return BinaryPrimitives.ReadUInt128BigEndian(hash);
    }
}
