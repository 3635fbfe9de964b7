using Granary.Orleans.Grains;

namespace Granary.Orleans.Cluster;

/// <summary>A handle on a session of the cluster.</summary>
internal sealed class ClusterSession(ISessionGrain grain, SessionKey key, ClusterMemory cluster) : ISessionMemory
{
    /// <summary>How long a watcher's questions may be lost on their way, one after the other: longer than it takes a cluster to find a session's next silo.</summary>
    private static readonly TimeSpan LossTime = TimeSpan.FromSeconds(30);

    /// <summary>How soon a watcher asks again that was sent away early.</summary>
    private static readonly TimeSpan WatchAgain = TimeSpan.FromMilliseconds(250);

    public SessionKey Key => key;

    public Task<StartSessionResult> StartAsync(StartSessionOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        return ClusterCalls.GuardAsync(() => grain.StartAsync(options, cancellationToken), cancellationToken);
    }

    public ValueTask<AppendResult> AppendAsync(AppendRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        cancellationToken.ThrowIfCancellationRequested();
        return ClusterCalls.GuardAsync(grain, request, static (g, r) => g.AppendAsync(r));
    }

    public ValueTask<SessionContext> GetContextAsync(ContextOptions? options = null, CancellationToken cancellationToken = default) =>
        ClusterCalls.GuardAsync(grain, options ?? ContextOptions.Default, static (g, o) => g.GetContextAsync(o));

    public Task<MessagePage> GetMessagesAsync(long from, int limit, CancellationToken cancellationToken = default) =>
        ClusterCalls.GuardAsync(() => grain.GetMessagesAsync(from, limit, cancellationToken), cancellationToken);

    public ValueTask<SessionInfo> GetInfoAsync(CancellationToken cancellationToken = default) => ClusterCalls.GuardAsync(grain, 0, static (g, _) => g.GetInfoAsync());

    public Task<EpochView> GetEpochAsync(int epoch, CancellationToken cancellationToken = default) =>
        ClusterCalls.GuardAsync(() => grain.GetEpochAsync(epoch, cancellationToken), cancellationToken);

    public Task<CompactResult> CompactAsync(CompactOptions options, CancellationToken cancellationToken = default) =>
        ClusterCalls.GuardAsync(() => grain.CompactAsync(options, cancellationToken), cancellationToken);

    public Task<ClearResult> ClearAsync(bool confirm, string? ifMatch = null, CancellationToken cancellationToken = default) =>
        ClusterCalls.GuardAsync(() => grain.ClearAsync(confirm, ifMatch), cancellationToken);

    public Task<ReflectResult> ReflectAsync(CancellationToken cancellationToken = default) =>
        ClusterCalls.GuardAsync(() => grain.ReflectAsync(cancellationToken), cancellationToken);

    public Task<EndResult> EndAsync(CancellationToken cancellationToken = default) =>
        ClusterCalls.GuardAsync(() => grain.EndAsync(cancellationToken), cancellationToken);

    public Task DeleteAsync(string? ifMatch = null, CancellationToken cancellationToken = default) =>
        ClusterCalls.GuardAsync(() => grain.DeleteAsync(ifMatch, cancellationToken), cancellationToken);

    public async Task<SessionChange> WaitForChangeAsync(SessionChange seen, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, cluster.Stopping);
        var begun = cluster.Time.GetTimestamp();
        var left = timeout;
        long? lostSince = null;
        try
        {
            while (true)
            {
                var asked = TimeProvider.System.GetTimestamp();
                var change = seen;
                try
                {
                    change = await ClusterCalls.GuardAsync(() => grain.WaitForChangeAsync(seen, left, either.Token), either.Token).ConfigureAwait(false);
                    lostSince = null;
                }
                catch (UnavailableException lost) when (lost.Code == ErrorCodes.ClusterUnavailable && TimeProvider.System.GetElapsedTime(lostSince ??= asked) < LossTime)
                {
                    // The session's silo stops or died: it goes on elsewhere.
                }

                if (timeout != Timeout.InfiniteTimeSpan)
                {
                    left = timeout - cluster.Time.GetElapsedTime(begun);
                }

                if (change != seen || (left <= TimeSpan.Zero && timeout != Timeout.InfiniteTimeSpan))
                {
                    return change;
                }

                if (TimeProvider.System.GetElapsedTime(asked) < WatchAgain)
                {
                    await Task.Delay(WatchAgain, either.Token).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException) when (cluster.Stopping.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new UnavailableException(ErrorCodes.Stopping, "The service is stopping.", TimeSpan.FromSeconds(1));
        }
    }

    public Task<SessionExportPage> ExportAsync(string? cursor, CancellationToken cancellationToken = default) =>
        ClusterCalls.GuardAsync(() => grain.ExportAsync(cursor, cancellationToken), cancellationToken);

    public Task ImportAsync(SessionImportChunk chunk, CancellationToken cancellationToken = default) =>
        ClusterCalls.GuardAsync(() => grain.ImportAsync(chunk, cancellationToken), cancellationToken);
}
