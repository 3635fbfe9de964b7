namespace Granary.Core.Compaction;

/// <summary>Shortens text by leaving sentences out.</summary>
internal static class ExtractiveText
{
    /// <summary>Shortens.</summary>
    public static string Shorten(string text, int maxTokens, string? model) => text.Length <= maxTokens * 3 ? text : text[..(maxTokens * 3)];
}
