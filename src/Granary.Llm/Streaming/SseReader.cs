namespace Granary.Llm.Streaming;

/// <summary>
/// Reads server-sent events as the HTML standard, 9.2.6, has them, from bytes that are cut anywhere. An event whose data is one line that came in one
/// piece is given without a copy.
/// </summary>
internal sealed class SseReader : IFrameReader
{
    private readonly LineReader lines = new();
    private readonly PooledBytes data = new();
    private readonly PooledBytes name = new();
    private bool hasData;
    private bool given;

    /// <summary>The name of the event that was read last, until the next call; empty where it has none.</summary>
    public ReadOnlySpan<byte> Name => name.Span;

    /// <inheritdoc />
    public bool TryRead(scoped ref ReadOnlySpan<byte> input, out ReadOnlySpan<byte> payload)
    {
        if (given)
        {
            Forget();
        }

        ReadOnlySpan<byte> inPlace = default;
        var isInPlace = false;
        while (lines.TryRead(ref input, out var line))
        {
            if (line.IsEmpty)
            {
                if (hasData)
                {
                    given = true;
                    payload = isInPlace ? inPlace : data.Span;
                    return true;
                }

                Forget();
            }
            else if (IsField(line, "data"u8, out var value))
            {
                if (!hasData && !lines.IsAssembled)
                {
                    inPlace = value;
                    isInPlace = true;
                }
                else
                {
                    if (isInPlace)
                    {
                        data.Append(inPlace);
                        isInPlace = false;
                    }

                    if (hasData)
                    {
                        data.Append("\n"u8);
                    }

                    data.Append(value);
                }

                hasData = true;
            }
            else if (IsField(line, "event"u8, out value))
            {
                name.Clear();
                name.Append(value);
            }
        }

        if (isInPlace)
        {
            data.Append(inPlace);
        }

        payload = default;
        return false;
    }

    /// <inheritdoc />
    public bool TryReadLast(out ReadOnlySpan<byte> payload)
    {
        var ends = "\n\n"u8;
        return TryRead(ref ends, out payload);
    }

    private static bool IsField(ReadOnlySpan<byte> line, ReadOnlySpan<byte> field, out ReadOnlySpan<byte> value)
    {
        value = default;
        if (!line.StartsWith(field))
        {
            return false;
        }

        if (line.Length == field.Length)
        {
            return true;
        }

        if (line[field.Length] != (byte)':')
        {
            return false;
        }

        value = line[(field.Length + 1)..];
        if (!value.IsEmpty && value[0] == (byte)' ')
        {
            value = value[1..];
        }

        return true;
    }

    private void Forget()
    {
        data.Clear();
        name.Clear();
        hasData = given = false;
    }
}
