using System.Runtime.CompilerServices;

namespace Granary.Llm.Providers;

/// <summary>
/// A provider's body that gives up on silence: between two pieces of an answer that comes in pieces, or on the whole of one that comes whole.
/// Time in which nobody reads is not the provider's.
/// </summary>
internal sealed class PatientStream : ReadOnlyStream
{
    private const long Nobody = -1;

    private readonly Stream _body;
    private readonly PatienceLimit _limit;
    private readonly TimeProvider _time;
    private readonly Action _late;
    private readonly CancellationTokenSource _silent = new();
    private readonly ITimer _timer;
    private readonly long _begun;
    private long _readSince = Nobody;
    private CancellationTokenSource? _either;
    private CancellationToken _linked;
    private volatile bool _disposed;

    /// <param name="body">The body.</param>
    /// <param name="limit">How long it may take.</param>
    /// <param name="time">The clock.</param>
    /// <param name="late">Is told, once, when it took longer.</param>
    public PatientStream(Stream body, PatienceLimit limit, TimeProvider time, Action late)
    {
        (_body, _limit, _time, _late) = (body, limit, time, late);
        _begun = time.GetTimestamp();

        // One timer that looks now and then: setting one for each read would cost every piece of every stream.
        using (ExecutionContext.SuppressFlow())
        {
            _timer = time.CreateTimer(static state => ((PatientStream)state!).Look(), this, limit.Time, Timeout.InfiniteTimeSpan);
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => ReadAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var token = Either(cancellationToken);
        Volatile.Write(ref _readSince, _time.GetTimestamp());
        try
        {
            return await _body.ReadAsync(buffer, token).ConfigureAwait(false);
        }
        catch (Exception error) when (_silent.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new SilentProviderException(_limit, error);
        }
        finally
        {
            Volatile.Write(ref _readSince, Nobody);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_disposed)
        {
            _disposed = true;
            _timer.Dispose();
            _body.Dispose();
            _either?.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>Ends a read that lasts too long, or looks again when the present one would.</summary>
    private void Look()
    {
        var since = _limit.IsWhole ? _begun : Volatile.Read(ref _readSince);
        var left = since == Nobody ? _limit.Time : _limit.Time - _time.GetElapsedTime(since);
        if (left > TimeSpan.Zero)
        {
            // Timers do not look at fractions of milliseconds; they must not fire again and again in the last one.
            _timer.Change(left + TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
            return;
        }

        if (!_disposed)
        {
            _late();
            _silent.Cancel();
        }
    }

    /// <summary>The caller's token or silence; made once, since a caller reads with the same token to the end.</summary>
    private CancellationToken Either(CancellationToken cancellationToken)
    {
        if (!cancellationToken.CanBeCanceled)
        {
            return _silent.Token;
        }

        if (_either is null || cancellationToken != _linked)
        {
            _either?.Dispose();
            _either = CancellationTokenSource.CreateLinkedTokenSource(_silent.Token, cancellationToken);
            _linked = cancellationToken;
        }

        return _either.Token;
    }
}

/// <summary>How long a body may take.</summary>
/// <param name="Time">The time.</param>
/// <param name="IsWhole">Whether it is for the whole body, and not for each piece.</param>
internal readonly record struct PatienceLimit(TimeSpan Time, bool IsWhole);

/// <summary>A provider began an answer and fell silent. For those who read, a connection that broke.</summary>
internal sealed class SilentProviderException(PatienceLimit limit, Exception cause) : IOException(
    limit.IsWhole ? "The answer was not complete in time." : $"Nothing came for {limit.Time.TotalSeconds:0.#} s.", cause);
