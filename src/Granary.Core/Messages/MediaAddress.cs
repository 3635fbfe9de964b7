using System.Buffers;

namespace Granary.Core.Messages;

/// <summary>The addresses that a media reference may have.</summary>
internal static class MediaAddress
{
    /// <summary>The rule in words.</summary>
    public const string Rule = "must be an absolute address (scheme://…) or a data: address, without spaces";

    private static readonly SearchValues<char> SchemeChars =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-.");

    /// <summary>Whether the text is a <c>data:</c> address.</summary>
    public static bool IsData(string url) => url.StartsWith("data:", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether the text is an absolute address (RFC 3986) or a <c>data:</c> address (RFC 2397).</summary>
    public static bool IsValid(string url)
    {
        foreach (var c in url)
        {
            if (char.IsWhiteSpace(c) || char.IsControl(c))
                return false;
        }

        if (!TextRules.IsWellFormed(url))
            return false;
        if (IsData(url)) // not by Uri, which refuses long ones
            return url.Contains(',');

        // Uri takes "/path" and "C:\path" for absolute file addresses; a scheme of two letters or more tells them apart.
        var colon = url.IndexOf(':');
        return colon >= 2 && char.IsAsciiLetter(url[0]) && !url.AsSpan(0, colon).ContainsAnyExcept(SchemeChars)
            && colon + 1 < url.Length && Uri.TryCreate(url, UriKind.Absolute, out _);
    }
}
