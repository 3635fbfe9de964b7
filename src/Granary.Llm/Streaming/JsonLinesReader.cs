namespace Granary.Llm.Streaming;

/// <summary>Reads one JSON text a line, as Ollama sends them, from bytes that are cut anywhere.</summary>
internal sealed class JsonLinesReader : IFrameReader
{
    private readonly LineReader lines = new();

    /// <inheritdoc />
    public bool TryRead(scoped ref ReadOnlySpan<byte> input, out ReadOnlySpan<byte> payload)
    {
        while (lines.TryRead(ref input, out payload))
        {
            if (!payload.Trim((byte)' ').IsEmpty)
            {
                return true;
            }
        }

        return false;
    }

    /// <inheritdoc />
    public bool TryReadLast(out ReadOnlySpan<byte> payload)
    {
        var ends = "\n"u8;
        return TryRead(ref ends, out payload);
    }
}
