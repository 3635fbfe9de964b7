namespace Granary.Client.Http;

/// <summary>A read-only view of a stream in which every read must bring something within a time, or it counts as lost.</summary>
internal sealed class WatchedStream(Stream inner, TimeSpan longestPause, TimeProvider time) : Stream
{
    private readonly CancellationTokenSource _pause = new(Timeout.InfiniteTimeSpan, time);

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        _pause.CancelAfter(longestPause);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _pause.Token);
        try
        {
            return await inner.ReadAsync(buffer, ending.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_pause.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new IOException($"Nothing came for {longestPause}.");
        }
        finally
        {
            // The time between reads is the reader's own.
            _pause.CancelAfter(Timeout.InfiniteTimeSpan);
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Read asynchronously.");

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
            _pause.Dispose();
        }

        base.Dispose(disposing);
    }
}
