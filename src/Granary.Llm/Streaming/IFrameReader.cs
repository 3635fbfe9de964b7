namespace Granary.Llm.Streaming;

/// <summary>Cuts a stream's bytes, which come in any pieces, into the payloads that it carries.</summary>
internal interface IFrameReader
{
    /// <summary>Takes bytes up to the end of the next payload.</summary>
    /// <param name="input">The bytes; what is left of them afterwards belongs to later payloads.</param>
    /// <param name="payload">The payload, until the next call.</param>
    /// <returns>Whether one is whole; if not, all of the input was taken.</returns>
    /// <exception cref="InvalidDataException">A payload is too large.</exception>
    bool TryRead(scoped ref ReadOnlySpan<byte> input, out ReadOnlySpan<byte> payload);

    /// <summary>No more bytes come: the payload that lacked only its terminator, if any.</summary>
    /// <param name="payload">The payload, until the next call.</param>
    bool TryReadLast(out ReadOnlySpan<byte> payload);
}
