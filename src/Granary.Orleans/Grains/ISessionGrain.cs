using Orleans;
using Orleans.Concurrency;

namespace Granary.Orleans.Grains;

/// <summary>A session as a grain; its key is <see cref="GrainKeys"/>. What its calls mean says <see cref="ISessionMemory"/>.</summary>
/// <remarks>
/// The frequent calls take no cancellation token: handing one over costs more than the call. A caller that gives up leaves the call to its end.
/// </remarks>
[Alias("granary.session")]
internal interface ISessionGrain : IGrainWithStringKey
{
    [Alias("start")]
    Task<StartSessionResult> StartAsync(StartSessionOptions options, CancellationToken cancellationToken);

    [Alias("append")]
    ValueTask<AppendResult> AppendAsync(AppendRequest request);

    [Alias("context")]
    ValueTask<SessionContext> GetContextAsync(ContextOptions options);

    [Alias("messages")]
    Task<MessagePage> GetMessagesAsync(long from, int limit, CancellationToken cancellationToken);

    [Alias("info")]
    ValueTask<SessionInfo> GetInfoAsync();

    [Alias("epoch")]
    Task<EpochView> GetEpochAsync(int epoch, CancellationToken cancellationToken);

    [Alias("compact")]
    [ResponseTimeout(SlowCalls.Timeout)]
    Task<CompactResult> CompactAsync(CompactOptions options, CancellationToken cancellationToken);

    [Alias("clear")]
    Task<ClearResult> ClearAsync(bool confirm, string? ifMatch);

    [Alias("reflect")]
    [ResponseTimeout(SlowCalls.Timeout)]
    Task<ReflectResult> ReflectAsync(CancellationToken cancellationToken);

    [Alias("end")]
    [ResponseTimeout(SlowCalls.Timeout)]
    Task<EndResult> EndAsync(CancellationToken cancellationToken);

    [Alias("delete")]
    [ResponseTimeout(SlowCalls.Timeout)]
    Task DeleteAsync(string? ifMatch, CancellationToken cancellationToken);

    /// <summary>Waits for a change, but not longer than <see cref="SlowCalls.LongestWatch"/>.</summary>
    /// <returns>The session as it stands; what the caller has seen if nothing changed, or if the activation is about to leave.</returns>
    [Alias("watch")]
    Task<SessionChange> WaitForChangeAsync(SessionChange seen, TimeSpan timeout, CancellationToken cancellationToken);

    [Alias("export")]
    Task<SessionExportPage> ExportAsync(string? cursor, CancellationToken cancellationToken);

    [Alias("import")]
    [ResponseTimeout(SlowCalls.Timeout)]
    Task ImportAsync(SessionImportChunk chunk, CancellationToken cancellationToken);

    /// <summary>Erases the session with its user, if it belongs to that life of the user.</summary>
    [Alias("erase")]
    [ResponseTimeout(SlowCalls.Timeout)]
    Task EraseWithUserAsync(string? life, CancellationToken cancellationToken);

    /// <summary>Does what is due; called by the maintenance shard.</summary>
    [Alias("maintain")]
    [ResponseTimeout(SlowCalls.Timeout)]
    Task MaintainAsync(CancellationToken cancellationToken);
}
