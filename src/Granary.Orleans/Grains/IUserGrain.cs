using Orleans;
using Orleans.Concurrency;

namespace Granary.Orleans.Grains;

/// <summary>A user as a grain; its key is <see cref="GrainKeys"/>. What its calls mean says <see cref="IUserMemory"/>.</summary>
[Alias("granary.user")]
internal interface IUserGrain : IGrainWithStringKey
{
    /// <summary>Applies a notice of a session, once however often it comes.</summary>
    /// <param name="session">The sender.</param>
    /// <param name="incarnation">Tells the sender from an erased session of the same id.</param>
    /// <param name="number">The sender's number of the notice.</param>
    /// <param name="notice">The notice as it is stored.</param>
    /// <returns>Whether what is known of the user is put together anew because of it.</returns>
    [Alias("deliver")]
    Task<bool> DeliverAsync(string session, string incarnation, long number, byte[] notice);

    /// <summary>The user's list, each session as it stands now.</summary>
    [Alias("sessions")]
    Task<SessionPage> ListSessionsAsync(SessionQuery query, CancellationToken cancellationToken);

    [Alias("remember")]
    Task<RememberResult> RememberAsync(RememberRequest request, CancellationToken cancellationToken);

    [Alias("recall")]
    [ResponseTimeout(SlowCalls.Timeout)]
    Task<RecallResult> RecallAsync(RecallRequest request, CancellationToken cancellationToken);

    [Alias("memory")]
    Task<MemoryRecord> GetMemoryAsync(string id, CancellationToken cancellationToken);

    [Alias("memories")]
    Task<MemoryPage> ListMemoriesAsync(MemoryQuery query, CancellationToken cancellationToken);

    [Alias("update")]
    Task<MemoryRecord> UpdateMemoryAsync(string id, MemoryPatch patch, CancellationToken cancellationToken);

    [Alias("delete")]
    Task DeleteMemoryAsync(string id, string? reason, bool purge, CancellationToken cancellationToken);

    [Alias("edit")]
    Task<EditResult> EditMemoriesAsync(EditRequest request, CancellationToken cancellationToken);

    [Alias("restore")]
    Task<MemoryRecord> RestoreMemoryAsync(string id, string? reason, CancellationToken cancellationToken);

    [Alias("history")]
    Task<MemoryHistory> GetHistoryAsync(string id, CancellationToken cancellationToken);

    [Alias("forget")]
    [ResponseTimeout(SlowCalls.Timeout)]
    Task<ForgetResult> ForgetAsync(ForgetRequest request, CancellationToken cancellationToken);

    [Alias("synthesize")]
    [ResponseTimeout(SlowCalls.Timeout)]
    Task<SynthesisResult> SynthesizeAsync(SynthesisRequest request, CancellationToken cancellationToken);

    [Alias("stats")]
    Task<UserStats> GetStatsAsync(CancellationToken cancellationToken);

    [Alias("erase")]
    Task<UserErasure> EraseAsync(CancellationToken cancellationToken);

    [Alias("erasure")]
    Task<UserErasure> GetErasureAsync(CancellationToken cancellationToken);

    /// <summary>What is left to do of the user's erasure.</summary>
    /// <param name="tried">Sessions of the answer before.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The erasure, the life of the user that ends (null: the first), then sessions; empty if the user is not being erased.</returns>
    [Alias("erase-next")]
    [ResponseTimeout(SlowCalls.Timeout)]
    Task<string?[]> NextErasureAsync(string[] tried, CancellationToken cancellationToken);

    /// <summary>Writes the receipt and erases what is left of the user; false if there are sessions again.</summary>
    [Alias("erase-finish")]
    [ResponseTimeout(SlowCalls.Timeout)]
    Task<bool> FinishErasureAsync(string erasureId, Dictionary<string, int> others, CancellationToken cancellationToken);

    /// <summary>Does what is due; called by the maintenance shard.</summary>
    [Alias("maintain")]
    [ResponseTimeout(SlowCalls.Timeout)]
    Task MaintainAsync(CancellationToken cancellationToken);
}
