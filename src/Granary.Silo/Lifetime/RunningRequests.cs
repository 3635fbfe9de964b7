using System.Collections.Concurrent;
using Granary.Http.Identity;

namespace Granary.Silo.Lifetime;

/// <summary>The requests of the memory that run, so that a stop can wait for them; once it drains, new ones are told to come back elsewhere.</summary>
internal sealed class RunningRequests
{
    private static readonly TimeSpan ComeBack = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<HttpContext, bool> _running = new();
    private readonly TaskCompletionSource _empty = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _draining;

    /// <summary>Lets a request run, or refuses it.</summary>
    /// <exception cref="UnavailableException">The service is stopping.</exception>
    public async Task RunAsync(HttpContext context, RequestDelegate next)
    {
        // Health and documentation are for anyone, at any time.
        if (context.GetEndpoint()?.Metadata.GetMetadata<RequiredScope>()?.Scope is null or GranaryScope.Open)
        {
            await next(context);
            return;
        }

        _running[context] = true;
        try
        {
            // After it is counted: whoever drains either waits for it, or it sees that.
            if (_draining)
            {
                throw new UnavailableException(ErrorCodes.Stopping, "The service is stopping.", ComeBack);
            }

            await next(context);
        }
        finally
        {
            _running.TryRemove(context, out _);
            CompleteIfEmpty();
        }
    }

    /// <summary>Refuses new requests.</summary>
    /// <returns>Ends when none runs any more.</returns>
    public Task DrainAsync()
    {
        _draining = true;
        CompleteIfEmpty();
        return _empty.Task;
    }

    /// <summary>Cuts off what still runs.</summary>
    /// <returns>How many that were.</returns>
    public int Abort()
    {
        var count = 0;
        foreach (var context in _running.Keys)
        {
            context.Abort();
            count++;
        }

        return count;
    }

    private void CompleteIfEmpty()
    {
        if (_draining && _running.IsEmpty)
        {
            _empty.TrySetResult();
        }
    }
}
