using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Granary.Llm.Streaming;

/// <summary>
/// Strings of JSON, also those that hold half a surrogate pair. Servers that cut an answer by UTF-16 units send <c>"\ud83d"</c> in one event and
/// <c>"\ude00"</c> in the next; each is refused by the framework, together they are one character.
/// </summary>
internal static class JsonStrings
{
    /// <summary>The string that the reader is at.</summary>
    /// <exception cref="InvalidOperationException">It is no UTF-8.</exception>
    public static string Get(ref Utf8JsonReader json)
    {
        if (!json.ValueIsEscaped || !HasSurrogateEscape(json.ValueSpan))
        {
            return json.GetString()!;
        }

        return Unescape(json.ValueSpan);
    }

    private static bool HasSurrogateEscape(ReadOnlySpan<byte> raw) => raw.IndexOf("\\ud"u8) >= 0 || raw.IndexOf("\\uD"u8) >= 0;

    private static string Unescape(ReadOnlySpan<byte> raw)
    {
        var chars = ArrayPool<char>.Shared.Rent(raw.Length);
        var length = 0;
        while (!raw.IsEmpty)
        {
            var escape = raw.IndexOf((byte)'\\');
            var plain = escape < 0 ? raw : raw[..escape];
            try
            {
                length += Utf8.GetChars(plain, chars.AsSpan(length));
            }
            catch (DecoderFallbackException e)
            {
                throw new JsonException("A string of the stream is no UTF-8.", e);
            }

            raw = raw[plain.Length..];
            if (raw.IsEmpty)
            {
                break;
            }

            if (raw[1] == (byte)'u')
            {
                chars[length++] = (char)ushort.Parse(raw.Slice(2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
                raw = raw[6..];
            }
            else
            {
                chars[length++] = raw[1] switch
                {
                    (byte)'b' => '\b',
                    (byte)'f' => '\f',
                    (byte)'n' => '\n',
                    (byte)'r' => '\r',
                    (byte)'t' => '\t',
                    var other => (char)other,
                };
                raw = raw[2..];
            }
        }

        var text = new string(chars, 0, length);
        ArrayPool<char>.Shared.Return(chars);
        return text;
    }

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
}
