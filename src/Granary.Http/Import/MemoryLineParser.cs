using System.Text.Json;
using Granary.Http.Endpoints.Memories;
using Granary.Http.Serialization;
using Granary.Serialization;

namespace Granary.Http.Import;

/// <summary>Makes memories to keep of the lines of an export. What a line says of a memory's past life (use, revision, label) is passed over.</summary>
internal static class MemoryLineParser
{
    /// <summary>Parses a line.</summary>
    /// <exception cref="InvalidRequestException">It is no memory, or one that cannot be taken.</exception>
    public static MemoryDraft Parse(ReadOnlySpan<byte> line, DateTimeOffset now)
    {
        using var document = JsonParser.ParseDocument(line);
        var root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw new InvalidRequestException("body", "must be an object");
        }

        if (root.TryGetProperty("state", out var state) && state.ValueKind == JsonValueKind.String && state.ValueEquals("deleted"))
        {
            throw new InvalidRequestException("state", "must not be deleted: restore the memory before it is exported");
        }

        // The document goes; the metadata stay.
        var draft = MemoryDrafts.Of(JsonParser.Parse(root, GranaryJson.Default.RememberMemoryRequest, ""), now);
        return draft.Metadata is { } metadata ? draft with { Metadata = metadata.Clone() } : draft;
    }
}
