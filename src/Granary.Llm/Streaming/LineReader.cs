namespace Granary.Llm.Streaming;

/// <summary>Cuts bytes that come in any pieces into lines that end with CR, LF or CRLF. A byte order mark at the start is no part of the first.</summary>
internal sealed class LineReader
{
    private const byte CarriageReturn = (byte)'\r';
    private const byte LineFeed = (byte)'\n';

    private readonly PooledBytes partial = new();
    private int markSeen;
    private bool skipLineFeed;

    private static ReadOnlySpan<byte> Mark => "\uFEFF"u8;

    /// <summary>Whether the last line lies in memory of this reader, which the next call takes back, and not in the caller's input.</summary>
    public bool IsAssembled { get; private set; }

    /// <summary>Takes bytes up to the end of the next line.</summary>
    /// <param name="input">The bytes; what is left of them belongs to later lines.</param>
    /// <param name="line">The line without its end, until the next call.</param>
    /// <returns>Whether a line is whole; if not, all of the input was taken.</returns>
    public bool TryRead(scoped ref ReadOnlySpan<byte> input, out ReadOnlySpan<byte> line)
    {
        if (IsAssembled)
        {
            partial.Clear();
            IsAssembled = false;
        }

        if (markSeen < Mark.Length)
        {
            SkipMark(ref input);
        }

        // A line ends with CR at once, whatever follows: waiting for a possible LF would hold back an event that is whole.
        if (skipLineFeed && !input.IsEmpty)
        {
            skipLineFeed = false;
            if (input[0] == LineFeed)
            {
                input = input[1..];
            }
        }

        var end = input.IndexOfAny(CarriageReturn, LineFeed);
        if (end < 0)
        {
            partial.Append(input);
            input = line = default;
            return false;
        }

        skipLineFeed = input[end] == CarriageReturn;
        line = input[..end];
        input = input[(end + 1)..];
        if (!partial.IsEmpty)
        {
            partial.Append(line);
            line = partial.Span;
            IsAssembled = true;
        }

        return true;
    }

    private void SkipMark(ref ReadOnlySpan<byte> input)
    {
        while (markSeen < Mark.Length && !input.IsEmpty)
        {
            if (input[0] != Mark[markSeen])
            {
                partial.Append(Mark[..markSeen]);
                markSeen = Mark.Length;
                return;
            }

            markSeen++;
            input = input[1..];
        }
    }
}
