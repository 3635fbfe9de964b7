using System.Buffers;
using System.Globalization;

namespace Granary.Core.Storage;

/// <summary>
/// Writes ids of the <see cref="Ids"/> grammar as parts of document ids: letters and digits as they are, any other character as <c>-</c> and its
/// two hexadecimal digits. Injective, and free of <c>:</c>, so that parts can be joined with it.
/// </summary>
internal static class DocumentIds
{
    private static readonly SearchValues<char> Plain =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789");

    /// <summary>The encoded form, at most three times as long.</summary>
    /// <exception cref="ArgumentException">A character is not ASCII.</exception>
    public static string Encode(string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        var escapes = 0;
        foreach (var c in id)
        {
            if (!char.IsAscii(c))
                throw new ArgumentException("Only ASCII can be part of a document id.", nameof(id));
            if (!Plain.Contains(c))
                escapes++;
        }

        return escapes == 0 ? id : string.Create(id.Length + (2 * escapes), id, static (target, source) =>
        {
            var at = 0;
            foreach (var c in source)
            {
                if (Plain.Contains(c))
                {
                    target[at++] = c;
                    continue;
                }

                target[at] = '-';
                ((int)c).TryFormat(target[(at + 1)..], out _, "x2", CultureInfo.InvariantCulture);
                at += 3;
            }
        });
    }

    /// <summary>The id that <see cref="Encode"/> was given.</summary>
    /// <exception cref="FormatException">Nothing encodes to this.</exception>
    public static string Decode(string encoded)
    {
        ArgumentNullException.ThrowIfNull(encoded);
        if (!encoded.AsSpan().ContainsAnyExcept(Plain))
            return encoded;

        var target = new char[encoded.Length];
        var length = 0;
        for (var i = 0; i < encoded.Length; i++)
        {
            var c = encoded[i];
            if (Plain.Contains(c))
            {
                target[length++] = c;
                continue;
            }

            if (c != '-' || !TryUnescape(encoded.AsSpan(i + 1), out c))
                throw new FormatException("Not an encoded id.");

            target[length++] = c;
            i += 2;
        }

        return new string(target, 0, length);
    }

    private static bool TryUnescape(ReadOnlySpan<char> rest, out char c)
    {
        c = '\0';
        if (rest.Length < 2 || !char.IsAsciiHexDigitLower(rest[0]) || !char.IsAsciiHexDigitLower(rest[1]))
            return false;

        c = (char)byte.Parse(rest[..2], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        return char.IsAscii(c) && !Plain.Contains(c);
    }
}
