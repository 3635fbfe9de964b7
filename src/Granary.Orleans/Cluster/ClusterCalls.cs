using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Orleans;
using Orleans.Runtime;

namespace Granary.Orleans.Cluster;

/// <summary>Turns what can happen to a call on its way through the cluster into what callers of the memory know.</summary>
internal static class ClusterCalls
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    /// <summary>A grain, unless the client or silo has stopped.</summary>
    public static TGrain Grain<TGrain>(IGrainFactory grains, string key)
        where TGrain : IGrainWithStringKey
    {
        try
        {
            return grains.GetGrain<TGrain>(key);
        }
        catch (ObjectDisposedException exception)
        {
            throw Translate(exception);
        }
    }

    // Calls are begun inside: a client or silo that has stopped refuses them before there is a task. These are the frequent ones: what waits for
    // the answer is used again instead of made anew for each.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public static async ValueTask<T> GuardAsync<TGrain, TState, T>(TGrain grain, TState state, Func<TGrain, TState, ValueTask<T>> call)
    {
        try
        {
            return await call(grain, state).ConfigureAwait(false);
        }
        catch (Exception exception) when (IsOfCluster(exception, CancellationToken.None))
        {
            throw Translate(exception);
        }
    }

    public static async Task<T> GuardAsync<T>(Func<Task<T>> call, CancellationToken cancellationToken)
    {
        try
        {
            return await call().ConfigureAwait(false);
        }
        catch (Exception exception) when (IsOfCluster(exception, cancellationToken))
        {
            throw Translate(exception);
        }
    }

    public static async Task GuardAsync(Func<Task> call, CancellationToken cancellationToken)
    {
        try
        {
            await call().ConfigureAwait(false);
        }
        catch (Exception exception) when (IsOfCluster(exception, cancellationToken))
        {
            throw Translate(exception);
        }
    }

    /// <summary>
    /// Whether the call was lost on its way, rather than answered by the memory, given up by its caller or broken by a fault of ours: that one must be
    /// seen as what it is, not repeated for ever.
    /// </summary>
    private static bool IsOfCluster(Exception exception, CancellationToken cancellationToken) => exception switch
    {
        OperationCanceledException => !cancellationToken.IsCancellationRequested,
        OrleansException or TimeoutException or ObjectDisposedException or IOException or SocketException => true,
        _ => false,
    };

    private static UnavailableException Translate(Exception exception) => exception switch
    {
        LimitExceededException or GatewayTooBusyException =>
            new(ErrorCodes.RateLimited, "Too many calls wait for this one.", RetryAfter, exception),
        TimeoutException =>
            new(ErrorCodes.ClusterUnavailable, "The cluster did not answer in time; repeat the call with the same idempotency key.", RetryAfter, exception),
        _ => new(ErrorCodes.ClusterUnavailable, "The cluster cannot answer now; repeat the call with the same idempotency key.", RetryAfter, exception),
    };
}
