using System.Buffers;

namespace Granary.Llm.Streaming;

/// <summary>Bytes that wait for the rest of a line or an event. Holds memory of the shared pool only while there are any: a stream that waits holds none.</summary>
internal sealed class PooledBytes
{
    /// <summary>Far more than any provider sends at once (pictures come as a few MiB); beyond it a peer is broken or hostile.</summary>
    public const int MaxLength = 32 * 1024 * 1024;

    private byte[] array = [];
    private int length;

    public bool IsEmpty => length == 0;

    public ReadOnlySpan<byte> Span => array.AsSpan(0, length);

    /// <exception cref="InvalidDataException">There would be more than <see cref="MaxLength"/>.</exception>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > array.Length - length)
        {
            Grow(bytes.Length);
        }

        bytes.CopyTo(array.AsSpan(length));
        length += bytes.Length;
    }

    public void Clear()
    {
        if (array.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(array);
        }

        (array, length) = ([], 0);
    }

    private void Grow(int more)
    {
        if (more > MaxLength - length)
        {
            throw new InvalidDataException($"An event of the stream is larger than {MaxLength / (1024 * 1024)} MiB.");
        }

        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(length + more, 2 * array.Length));
        Span.CopyTo(larger);
        if (array.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(array);
        }

        array = larger;
    }
}
