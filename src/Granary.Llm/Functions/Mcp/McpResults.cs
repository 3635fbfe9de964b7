using ModelContextProtocol.Protocol;

namespace Granary.Llm.Functions.Mcp;

/// <summary>Results of MCP tools as text for a model.</summary>
internal static class McpResults
{
    /// <summary>The text of a result; what is no text is named only.</summary>
    public static string ToText(CallToolResult result)
    {
        if (result.Content.Count == 0)
        {
            return result.StructuredContent?.ToString() ?? (result.IsError == true ? "the tool failed" : "Done.");
        }

        return string.Join("\n", result.Content.Select(static block => block switch
        {
            TextContentBlock text => text.Text,
            ImageContentBlock image => $"(image, {image.MimeType}, not shown)",
            AudioContentBlock audio => $"(audio, {audio.MimeType}, not shown)",
            EmbeddedResourceBlock { Resource: TextResourceContents resource } => resource.Text,
            EmbeddedResourceBlock embedded => $"(resource {embedded.Resource.Uri}, not shown)",
            ResourceLinkBlock link => $"(resource {link.Uri}: {link.Name})",
            _ => $"({block.Type}, not shown)",
        }));
    }
}
