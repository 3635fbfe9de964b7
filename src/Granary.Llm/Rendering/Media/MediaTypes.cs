namespace Granary.Llm.Rendering.Media;

/// <summary>Media types (RFC 6838) of what models take.</summary>
internal static class MediaTypes
{
    public const string Pdf = "application/pdf";

    /// <summary>The media type that is stated, or that the address's ending tells; null if neither.</summary>
    public static string? Of(MediaReference media)
    {
        if (media.MimeType is { } stated)
            return stated;
        if (DataUrl.Is(media.Url))
            return DataUrl.TryRead(media.Url, null, out var data) ? data.MimeType : null;

        var path = media.Url.AsSpan();
        var end = path.IndexOfAny('?', '#');
        path = end < 0 ? path : path[..end];
        return path[(path.LastIndexOf('.') + 1)..].ToString().ToLowerInvariant() switch
        {
            "png" => "image/png",
            "jpg" or "jpeg" => "image/jpeg",
            "gif" => "image/gif",
            "webp" => "image/webp",
            "heic" => "image/heic",
            "mp3" => "audio/mpeg",
            "wav" => "audio/wav",
            "ogg" => "audio/ogg",
            "flac" => "audio/flac",
            "mp4" => "video/mp4",
            "webm" => "video/webm",
            "mov" => "video/quicktime",
            "pdf" => Pdf,
            "txt" => "text/plain",
            _ => null,
        };
    }

    /// <summary>The kind of media that a media type stands for.</summary>
    public static MediaKind Kind(string? mimeType) => mimeType switch
    {
        _ when mimeType?.StartsWith("image/", StringComparison.OrdinalIgnoreCase) == true => MediaKind.Image,
        _ when mimeType?.StartsWith("audio/", StringComparison.OrdinalIgnoreCase) == true => MediaKind.Audio,
        _ when mimeType?.StartsWith("video/", StringComparison.OrdinalIgnoreCase) == true => MediaKind.Video,
        _ => MediaKind.File,
    };

    /// <summary>OpenAI's name of a sound's format, <c>wav</c> or <c>mp3</c>; null for others, which it does not take.</summary>
    public static string? AudioFormat(string mimeType) => mimeType.ToLowerInvariant() switch
    {
        "audio/wav" or "audio/x-wav" or "audio/wave" => "wav",
        "audio/mpeg" or "audio/mp3" => "mp3",
        _ => null,
    };

    /// <summary>Whether the address can be fetched by a provider.</summary>
    public static bool IsWeb(string url) =>
        url.StartsWith("https://", StringComparison.OrdinalIgnoreCase) || url.StartsWith("http://", StringComparison.OrdinalIgnoreCase);
}
