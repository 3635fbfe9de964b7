using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Granary.Core.Users.Records;

/// <summary>
/// What two records share if and only if they say exactly the same: half of a SHA-256 over kind, agent, scope and text, the text in Unicode's composed
/// form (NFC, UAX #15), trimmed, each run of white space one space, case kept.
/// </summary>
internal static class ContentKey
{
    private const int OnStack = 1024;

    public static UInt128 Of(MemoryKind kind, string agent, string content, string? scope = null) => OfNormal(kind, agent, Normalise(content), scope);

    /// <param name="kind">The kind.</param>
    /// <param name="agent">The agent.</param>
    /// <param name="text">What <see cref="Normalise"/> made of the text.</param>
    /// <param name="scope">The scope, or null.</param>
    public static UInt128 OfNormal(MemoryKind kind, string agent, string text, string? scope = null)
    {
        // Ids hold no control characters, so the parts cannot run into each other.
        agent = scope is null ? agent : $"{agent}\r{scope}";
        var size = 2 + agent.Length + Encoding.UTF8.GetByteCount(text);
        var bytes = size <= OnStack ? stackalloc byte[size] : new byte[size];
        bytes[0] = (byte)kind;
        var at = 1 + Encoding.UTF8.GetBytes(agent, bytes[1..]);
        bytes[at++] = (byte)'\n';
        Encoding.UTF8.GetBytes(text, bytes[at..]);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes, hash);
        return BinaryPrimitives.ReadUInt128BigEndian(hash);
    }

    public static string Normalise(string content)
    {
        if (IsPlain(content))
        {
            return content;
        }

        var words = new StringBuilder(content.Length);
        var space = false;
        foreach (var c in ComposedText.Of(content))
        {
            if (char.IsWhiteSpace(c))
            {
                space = words.Length > 0;
                continue;
            }

            if (space)
            {
                words.Append(' ');
                space = false;
            }

            words.Append(c);
        }

        return words.ToString();
    }

    /// <summary>Whether a text of ASCII is its own normal form: most are.</summary>
    private static bool IsPlain(string content)
    {
        if (content.Length == 0 || content[0] == ' ' || content[^1] == ' ')
        {
            return false;
        }

        return Ascii.IsValid(content) && !content.AsSpan().ContainsAnyInRange('\t', '\r') && !content.Contains("  ", StringComparison.Ordinal);
    }
}
