namespace Granary.Llm.Rendering.Media;

/// <summary>What kind of picture base64 holds, by how it begins: Ollama gives no media type.</summary>
internal static class ImageTypes
{
    /// <summary>The media type; <c>image/png</c> if it begins like none that is known.</summary>
    public static string Of(string base64) => base64 switch
    {
        _ when base64.StartsWith("/9j/", StringComparison.Ordinal) => "image/jpeg",
        _ when base64.StartsWith("R0lGOD", StringComparison.Ordinal) => "image/gif",
        _ when base64.StartsWith("UklGR", StringComparison.Ordinal) => "image/webp",
        _ => "image/png",
    };
}
