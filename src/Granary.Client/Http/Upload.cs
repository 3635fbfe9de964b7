using System.Text.Json;

namespace Granary.Client.Http;

/// <summary>A body of any length, sent as it is read from its source, and given up when it stands still.</summary>
internal sealed class Upload : IDisposable
{
    private readonly CancellationTokenSource _pause;
    private readonly CancellationTokenSource _ending;
    private readonly TimeSpan _longestPause;
    private Stream _destination = Stream.Null;
    private CancellationToken _sending;

    public Upload(string mediaType, Func<Upload, Task> write, TimeSpan longestPause, TimeProvider time, CancellationToken cancellationToken)
    {
        _longestPause = longestPause;
        _pause = new CancellationTokenSource(longestPause, time);
        _ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _pause.Token);
        Content = new OnceContent(mediaType, (destination, sending) =>
        {
            _destination = destination;
            _sending = sending;
            return write(this);
        });
    }

    /// <summary>The body.</summary>
    public OnceContent Content { get; }

    /// <summary>Cancelled by the caller, or when the upload or its answer takes too long a pause.</summary>
    public CancellationToken Ending => _ending.Token;

    public async Task WriteAsync(IAsyncEnumerable<SessionRecord> records)
    {
        var source = records.GetAsyncEnumerator(_sending);
        await using (source.ConfigureAwait(false))
        {
            while (await FromSourceAsync(source.MoveNextAsync()).ConfigureAwait(false))
            {
                var line = FromSource(() => JsonSerializer.SerializeToUtf8Bytes(source.Current, ClientJson.Write.SessionRecord));
                await _destination.WriteAsync(line, _sending).ConfigureAwait(false);
                await _destination.WriteAsync("\n"u8.ToArray(), _sending).ConfigureAwait(false);
                Progressed();
            }
        }
    }

    public async Task WriteAsync(Stream source)
    {
        var buffer = new byte[81_920];
        while (await FromSourceAsync(source.ReadAsync(buffer, _sending)).ConfigureAwait(false) is > 0 and var count)
        {
            await _destination.WriteAsync(buffer.AsMemory(0, count), _sending).ConfigureAwait(false);
            Progressed();
        }
    }

    public void Dispose()
    {
        _ending.Dispose();
        _pause.Dispose();
    }

    private void Progressed() => _pause.CancelAfter(_longestPause);

    private async ValueTask<T> FromSourceAsync<T>(ValueTask<T> step)
    {
        try
        {
            return await step.ConfigureAwait(false);
        }
        catch (Exception error) when (error is not OperationCanceledException || !_sending.IsCancellationRequested)
        {
            Content.SourceError = error;
            throw;
        }
    }

    private T FromSource<T>(Func<T> step)
    {
        try
        {
            return step();
        }
        catch (Exception error)
        {
            Content.SourceError = error;
            throw;
        }
    }
}
