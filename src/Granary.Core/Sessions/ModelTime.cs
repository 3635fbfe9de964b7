namespace Granary.Core.Sessions;

/// <summary>The time that models have for one thing, all calls together. A model that does not listen when it is over is waited for no longer.</summary>
internal sealed class ModelTime(TimeSpan limit, TimeProvider time) : IDisposable
{
    private readonly CancellationTokenSource _over = new(limit, time);

    /// <summary>Asks, as long as there is time left.</summary>
    /// <param name="ask">Asks; given what ends the call.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="TimeoutException">The time is over; what was asked may still come to its end, unheard.</exception>
    public async Task<T> AskAsync<T>(Func<CancellationToken, Task<T>> ask, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _over.Token);
        try
        {
            either.Token.ThrowIfCancellationRequested();
            return await ask(either.Token).WaitAsync(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_over.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"The model took more than {limit.TotalSeconds:0} seconds.");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _over.Dispose();
}
