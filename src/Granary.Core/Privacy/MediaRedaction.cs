using Granary.Core.Messages;

namespace Granary.Core.Privacy;

/// <summary>Redacts what media references say in words, and addresses that give something away.</summary>
internal static class MediaRedaction
{
    /// <summary>The address of nothing (RFC 2397), in place of one that something had to be replaced in, which would not be an address any more.</summary>
    private const string NoAddress = "data:,";

    /// <summary>The redacted references; the same list where nothing matches.</summary>
    public static IReadOnlyList<MediaReference>? Redact(IReadOnlyList<MediaReference>? media, ITextRedaction redaction)
    {
        MediaReference[]? result = null;
        for (var i = 0; i < media?.Count; i++)
        {
            var item = media[i];
            var description = item.Description is null ? null : redaction.Redact(item.Description);
            var url = IsOpaque(item.Url) || ReferenceEquals(redaction.Redact(item.Url), item.Url) ? item.Url : NoAddress;
            if (ReferenceEquals(description, item.Description) && url == item.Url)
                continue;

            result ??= [.. media];
            result[i] = item with { Url = url, Description = description };
        }

        return result ?? media;
    }

    /// <summary>Whether an address holds bytes, not text: a pattern that matched in them would mean nothing.</summary>
    private static bool IsOpaque(string url)
    {
        var comma = url.IndexOf(',');
        return MediaAddress.IsData(url) && comma >= 0 && url.AsSpan(0, comma).EndsWith(";base64", StringComparison.OrdinalIgnoreCase);
    }
}
