using System.Buffers.Text;
using System.Text;

namespace Granary.Llm.Rendering.Media;

/// <summary>What a <c>data:</c> address holds (RFC 2397).</summary>
/// <param name="MimeType">The media type, without parameters.</param>
/// <param name="Base64">The content in base64.</param>
internal readonly record struct DataUrl(string MimeType, string Base64)
{
    /// <summary>Bytes of the content.</summary>
    public int Length => (Base64.Length / 4 * 3) - (Base64.EndsWith("==", StringComparison.Ordinal) ? 2 : Base64.EndsWith('=') ? 1 : 0);

    /// <inheritdoc />
    public override string ToString() => $"data:{MimeType};base64,{Base64}";

    /// <summary>Whether the text is a <c>data:</c> address.</summary>
    public static bool Is(string url) => url.StartsWith("data:", StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads an address; false if it is none, or its content is no base64 although it says so.</summary>
    /// <param name="url">The address.</param>
    /// <param name="mimeType">The media type where the address has none.</param>
    /// <param name="data">What it holds.</param>
    public static bool TryRead(string url, string? mimeType, out DataUrl data)
    {
        data = default;
        var comma = url.IndexOf(',');
        if (!Is(url) || comma < 0)
            return false;

        var header = url[5..comma];
        var isBase64 = header.EndsWith(";base64", StringComparison.OrdinalIgnoreCase);
        var stated = header.Split(';')[0].Trim();
        var type = stated.Contains('/') ? stated : mimeType ?? "text/plain";
        var content = url[(comma + 1)..];
        if (isBase64)
        {
            content = content.Contains('%') ? Uri.UnescapeDataString(content) : content;
            if (!IsBase64(content))
                return false;
        }
        else
        {
            content = Convert.ToBase64String(Encoding.UTF8.GetBytes(Uri.UnescapeDataString(content)));
        }

        data = new(type, content);
        return true;
    }

    /// <summary>Whether the text is base64 with its padding, without spaces, of at least one byte.</summary>
    public static bool IsBase64(string text) => text.Length > 0 && text.Length % 4 == 0 && !text.AsSpan().ContainsAny(" \t\r\n") && System.Buffers.Text.Base64.IsValid(text);

}
