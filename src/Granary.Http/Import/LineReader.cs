using System.Buffers;
using System.IO.Pipelines;

namespace Granary.Http.Import;

/// <summary>Reads a body line by line, as much of it at a time as one line needs.</summary>
/// <param name="input">The body.</param>
/// <param name="maxBytes">The most that the body may have.</param>
internal sealed class LineReader(PipeReader input, long maxBytes) : IDisposable
{
    /// <summary>The longest line in bytes: 2 MiB, enough for an append of the largest size with its sequences.</summary>
    public const int MaxLine = 2 * 1024 * 1024;

    private ReadOnlySequence<byte> _buffer;
    private bool _completed;
    private bool _reading;
    private long _taken;

    /// <summary>The number of the line read last, from 1.</summary>
    public int Number { get; private set; }

    /// <summary>Reads the next line that is not blank.</summary>
    /// <returns>The line, valid until the next call; null at the end.</returns>
    /// <exception cref="TooLargeException">The line or the body is too large.</exception>
    public async ValueTask<ReadOnlyMemory<byte>?> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (TryTakeLine(out var line))
            {
                Number++;
                if (line.Length > MaxLine)
                {
                    throw LineTooLong(Number);
                }

                if (!IsBlank(line))
                {
                    return line.IsSingleSegment ? line.First : line.ToArray();
                }

                continue;
            }

            if (_completed)
            {
                return null;
            }

            if (_buffer.Length > MaxLine)
            {
                throw LineTooLong(Number + 1);
            }

            await FillAsync(cancellationToken);
        }
    }

    /// <summary>Lets go of the body, so that the server can drain what is left and go on with the connection.</summary>
    public void Dispose()
    {
        if (_reading)
        {
            _reading = false;
            input.AdvanceTo(_buffer.End);
        }
    }

    private async ValueTask FillAsync(CancellationToken cancellationToken)
    {
        if (_reading)
        {
            _reading = false;
            input.AdvanceTo(_buffer.Start, _buffer.End);
        }

        var read = await input.ReadAsync(cancellationToken);
        _reading = true;
        _buffer = read.Buffer;
        _completed = read.IsCompleted;
        if (_taken + _buffer.Length > maxBytes)
        {
            throw new TooLargeException("body", $"must be at most {maxBytes} bytes");
        }
    }

    private bool TryTakeLine(out ReadOnlySequence<byte> line)
    {
        if (_buffer.PositionOf((byte)'\n') is { } end)
        {
            line = _buffer.Slice(0, end);
            _taken += line.Length + 1;
            _buffer = _buffer.Slice(_buffer.GetPosition(1, end));
            return true;
        }

        line = _buffer;
        if (!_completed || _buffer.IsEmpty)
        {
            return false;
        }

        // The last line needs no end.
        _taken += line.Length;
        _buffer = _buffer.Slice(_buffer.End);
        return true;
    }

    private static bool IsBlank(ReadOnlySequence<byte> line)
    {
        foreach (var part in line)
        {
            if (part.Span.ContainsAnyExcept((byte)' ', (byte)'\t', (byte)'\r'))
            {
                return false;
            }
        }

        return true;
    }

    private static TooLargeException LineTooLong(int number) => new($"line {number}", $"must be at most {MaxLine} bytes");
}
