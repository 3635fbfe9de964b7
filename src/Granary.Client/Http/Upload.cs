using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Granary.Client.Http;

/// <summary>A body of any length, sent as it is read from its source, and given up when it stands still.</summary>
internal sealed class Upload : IAsyncDisposable
{
    private static readonly byte[] LineEnd = [(byte)'\n'];

    private readonly CancellationTokenSource _pause;
    private readonly CancellationTokenSource _ending;
    private readonly TimeSpan _longestPause;
    private Stream _destination = Stream.Null;
    private readonly CancellationToken _sending;

    public Upload(string mediaType, Func<Upload, Task> write, TimeSpan longestPause, TimeProvider time, CancellationToken cancellationToken)
    {
        _longestPause = longestPause;
        _pause = new CancellationTokenSource(longestPause, time);
        _ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _pause.Token);
        _sending = _ending.Token;
        Content = new OnceContent(mediaType, destination =>
        {
            _destination = destination;
            return write(this);
        });
    }

    /// <summary>The body.</summary>
    public OnceContent Content { get; }

    /// <summary>Cancelled by the caller, or when the upload or its answer takes too long a pause.</summary>
    public CancellationToken Ending => _sending;

    /// <summary>Writes records, one a line.</summary>
    public async Task WriteAsync<T>(IAsyncEnumerable<T> records, JsonTypeInfo<T> type)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(_sending);
        var source = records.GetAsyncEnumerator(stop.Token);
        await using (source.ConfigureAwait(false))
        {
            while (await NextAsync(source, stop).ConfigureAwait(false))
            {
                var line = FromSource(() => JsonSerializer.SerializeToUtf8Bytes(source.Current, type));
                await _destination.WriteAsync(line, _sending).ConfigureAwait(false);
                await _destination.WriteAsync(LineEnd, _sending).ConfigureAwait(false);
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

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync().ConfigureAwait(false);
        await Content.Written.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ending.Dispose();
        _pause.Dispose();
    }

    private async Task<bool> NextAsync<T>(IAsyncEnumerator<T> source, CancellationTokenSource stop)
    {
        var next = FromSourceAsync(source.MoveNextAsync()).AsTask();
        try
        {
            // While the source makes us wait, the service works on what there is.
            if (!next.IsCompleted)
                await _destination.FlushAsync(_sending).ConfigureAwait(false);
        }
        catch
        {
            // An enumerator cannot be disposed in the middle of a step.
            await stop.CancelAsync().ConfigureAwait(false);
            await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Content.SourceError = null;
            throw;
        }

        return await next.ConfigureAwait(false);
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
