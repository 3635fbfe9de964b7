namespace Granary.Core.Users;

internal sealed partial class UserActor
{
    public Task<RememberResult> RememberAsync(RememberRequest request, CancellationToken cancellationToken) => throw new NotImplementedException();

    public Task<MemoryRecord> GetMemoryAsync(string id, CancellationToken cancellationToken) => throw new NotImplementedException();

    public Task<MemoryPage> ListMemoriesAsync(MemoryQuery query, CancellationToken cancellationToken) => throw new NotImplementedException();

    public Task<MemoryRecord> UpdateMemoryAsync(string id, MemoryPatch patch, CancellationToken cancellationToken) => throw new NotImplementedException();

    public Task DeleteMemoryAsync(string id, string? reason, bool purge, CancellationToken cancellationToken) => throw new NotImplementedException();

    public Task<MemoryRecord> RestoreMemoryAsync(string id, string? reason, CancellationToken cancellationToken) => throw new NotImplementedException();

    public Task<MemoryHistory> GetHistoryAsync(string id, CancellationToken cancellationToken) => throw new NotImplementedException();

    public Task<ForgetResult> ForgetAsync(ForgetRequest request, CancellationToken cancellationToken) => throw new NotImplementedException();

    public Task<UserStats> GetStatsAsync(CancellationToken cancellationToken) => throw new NotImplementedException();
}
