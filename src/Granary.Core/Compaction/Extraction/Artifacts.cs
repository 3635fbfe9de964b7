using System.Buffers;
using System.Collections.Frozen;

namespace Granary.Core.Compaction.Extraction;

/// <summary>Finds addresses, paths and identifiers: what will be needed again, letter by letter.</summary>
internal static class Artifacts
{
    /// <summary>The longest that is taken, in characters.</summary>
    private const int MaxLength = 300;

    private static readonly SearchValues<char> Signs = SearchValues.Create("/\\@#_-.0123456789");

    private static readonly FrozenSet<string> Extensions = FrozenSet.ToFrozenSet(
        """
        bat bmp c cfg conf cpp cs csproj css csv dart db dll doc docx env exe gif go gz h hpp html ini ipynb jar java jpeg jpg js
        json jsx key kt lock log lua md mp3 mp4 odt parquet pdf pem php png ppt pptx proto ps1 py r rb rs rst scala sh sln sql svg
        swift tar tf toml ts tsx txt vb wav xls xlsx xml yaml yml zip
        """.Split([' ', '\n']),
        StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> ExtensionLookup = Extensions.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>The next one at or after a place in a part of a text.</summary>
    public static bool Next(string text, ref int at, int end, out Range found)
    {
        while (at < end && text.AsSpan(at, end - at).IndexOfAny(Signs) is var sign and >= 0)
        {
            var first = at + sign;
            while (first > at && !char.IsWhiteSpace(text[first - 1]))
            {
                first--;
            }

            var last = first;
            while (last < end && !char.IsWhiteSpace(text[last]) && !Scripts.IsUnspaced(text[last]))
            {
                last++;
            }

            at = Math.Max(last, first + 1);
            var token = text.AsSpan(first, last - first);
            var start = first + token.Length - token.TrimStart("([{<\"'`*\u201C\u2018").Length;
            token = text.AsSpan(start, last - start).TrimEnd(".,;:!?)]}>\"'`*\u201D\u2019\u2026");
            if (token.Length is >= 3 and <= MaxLength && Is(token))
            {
                found = new(start, start + token.Length);
                return true;
            }
        }

        at = end;
        found = default;
        return false;
    }

    private static bool Is(ReadOnlySpan<char> token) => IsAddress(token) || IsPath(token) || IsIdentifier(token);

    private static bool IsAddress(ReadOnlySpan<char> token)
    {
        if (token.StartsWith("www.", StringComparison.OrdinalIgnoreCase) || token.IndexOf("://") is > 0 and < 12)
        {
            return true;
        }

        var at = token.IndexOf('@');
        return at > 0 && token[at..].IndexOf('.') > 1 && char.IsLetterOrDigit(token[at - 1]) && char.IsLetter(token[^1]);
    }

    private static bool IsPath(ReadOnlySpan<char> token)
    {
        var separator = token.IndexOfAny('/', '\\');
        var dot = token.LastIndexOf('.');
        var file = dot > 0 && dot < token.Length - 1 && ExtensionLookup.Contains(token[(dot + 1)..]) && char.IsLetterOrDigit(token[dot - 1]);
        if (separator < 0)
        {
            return file && char.IsLetterOrDigit(token[0]);
        }

        var rooted = separator == 0 || token.StartsWith("./") || token.StartsWith("../") || token.StartsWith("~/")
            || (token.Length > 3 && token[1] == ':' && token[2] == '\\');
        return (file && !token.Contains("//", StringComparison.Ordinal))
            || (rooted && token.Length >= 4 && char.IsLetterOrDigit(token[^1]) && token[(separator + 1)..].IndexOfAny('/', '\\') >= 0);
    }

    private static bool IsIdentifier(ReadOnlySpan<char> token)
    {
        int digits = 0, capitals = 0, small = 0, hyphens = 0;
        var hex = true;
        foreach (var c in token[0] == '#' ? token[1..] : token)
        {
            if (char.IsAsciiDigit(c))
            {
                digits++;
            }
            else if (char.IsAsciiLetterUpper(c))
            {
                capitals++;
                hex &= c <= 'F';
            }
            else if (char.IsAsciiLetterLower(c))
            {
                small++;
                hex &= c <= 'f';
            }
            else if (c is '-' or '_')
            {
                hyphens++;
            }
            else
            {
                return false;
            }
        }

        if (token[0] == '#')
        {
            return digits >= 2 && small == 0;
        }

        var letters = capitals + small;
        return (capitals >= 2 && small == 0 && digits >= 2 && (hyphens > 0 || token.Length >= 6))
            || (hex && digits >= 2 && letters >= 2 && token.Length - hyphens >= 7)
            || (digits >= 3 && letters >= 3 && hyphens > 0 && token.Length >= 10 && !char.IsAsciiDigit(token[0]));
    }
}
