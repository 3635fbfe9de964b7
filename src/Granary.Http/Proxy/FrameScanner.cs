namespace Granary.Http.Proxy;

/// <summary>Finds where server-sent events end (an empty line; lines end with LF, CR LF or CR), in bytes that come in parts.</summary>
internal sealed class FrameScanner
{
    private bool _afterReturn;
    private bool _lineHasText;

    /// <summary>Looks at the next bytes.</summary>
    /// <param name="bytes">What came since the last call, or is left of it.</param>
    /// <returns>How many of them belong to the event that ends in them; -1 if none ends. Then all of them count as looked at.</returns>
    public int Next(ReadOnlySpan<byte> bytes)
    {
        for (var index = 0; index < bytes.Length; index++)
        {
            var value = bytes[index];
            if (value == '\n' && _afterReturn)
            {
                // The second half of a line's end.
                _afterReturn = false;
                continue;
            }

            _afterReturn = value == '\r';
            if (value is not ((byte)'\n' or (byte)'\r'))
            {
                var end = bytes[index..].IndexOfAny((byte)'\n', (byte)'\r');
                _lineHasText = true;
                if (end < 0)
                {
                    return -1;
                }

                index += end - 1;
                continue;
            }

            if (!_lineHasText)
            {
                // The LF that may follow goes with the next event, where it changes nothing; it is not worth waiting for.
                var whole = _afterReturn && index + 1 < bytes.Length && bytes[index + 1] == '\n' ? index + 2 : index + 1;
                _afterReturn &= whole == index + 1;
                return whole;
            }

            _lineHasText = false;
        }

        return -1;
    }
}
