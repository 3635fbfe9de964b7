using Granary.Llm.Providers;

namespace Granary.Llm.Batch.Providers;

/// <summary>An answer that may have so many bytes; a longer one breaks off with an <see cref="AnswerTooLongException"/>.</summary>
internal sealed class BoundedStream(Stream body, long max) : ReadOnlyStream
{
    private long _read;

    public override int Read(byte[] buffer, int offset, int count) => Count(body.Read(buffer, offset, count));

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        Count(await body.ReadAsync(buffer, cancellationToken).ConfigureAwait(false));

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            body.Dispose();
        }

        base.Dispose(disposing);
    }

    private int Count(int read)
    {
        _read += read;
        return _read <= max ? read : throw new AnswerTooLongException(max);
    }
}

/// <summary>A provider's answer is longer than what is read of one.</summary>
internal sealed class AnswerTooLongException(long max) : IOException($"The answer has more than {max} bytes.");
