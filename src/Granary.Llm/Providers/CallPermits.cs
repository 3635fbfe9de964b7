namespace Granary.Llm.Providers;

/// <summary>The places for concurrent calls of a provider. A call keeps its place until its answer is disposed.</summary>
internal sealed class CallPermits(ProviderSetup setup, TimeProvider time)
{
    // Not disposed: answers may outlive the provider and give their places back, and without its wait handle it holds nothing.
    private readonly SemaphoreSlim _free = new(setup.Options.MaxConcurrentCalls);

    /// <summary>Waits for a place.</summary>
    /// <exception cref="ProviderException">None became free in time (status 503).</exception>
    public async ValueTask<IDisposable> EnterAsync(CancellationToken cancellationToken)
    {
        if (!_free.Wait(0, cancellationToken))
        {
            var patience = TimeSpan.FromSeconds(setup.Options.TimeoutSeconds);
            using var late = new CancellationTokenSource(patience, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
            try
            {
                await _free.WaitAsync(either.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                throw new ProviderException(
                    setup.Name,
                    $"{setup.Options.MaxConcurrentCalls} calls of the provider '{setup.Name}' are under way, as many as Granary:Providers:{setup.Name}:MaxConcurrentCalls allows.",
                    503,
                    TimeSpan.FromSeconds(1));
            }
        }

        return new Permit(_free);
    }

    private sealed class Permit(SemaphoreSlim free) : IDisposable
    {
        private SemaphoreSlim? _free = free;

        public void Dispose() => Interlocked.Exchange(ref _free, null)?.Release();
    }
}
