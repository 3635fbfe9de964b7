using Granary.Core.Maintenance;
using Microsoft.Extensions.Logging;

namespace Granary.Providers.Chain;

/// <summary>Carries out deletes that could not be carried out when they were asked for.</summary>
internal sealed partial class PendingDeleteMaintenance(
    PendingDeletes pending, ProviderRegistry registry, FailoverManager failover, ILogger<PendingDeleteMaintenance> logger) : IPartitionMaintenance
{
    public string Kind => PendingDeletes.Kind;

    public async Task MaintainAsync(string partition, CancellationToken cancellationToken)
    {
        await registry.RefreshAsync(cancellationToken).ConfigureAwait(false);
        var user = PendingDeletes.UserOf(partition);
        await pending.WorkAsync(partition, delete => CarryOutAsync(user, delete, cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    private async Task<bool> CarryOutAsync(UserKey user, PendingDelete delete, CancellationToken cancellationToken)
    {
        if (registry.Members.FirstOrDefault(member => member.Name == delete.Provider) is not { } member)
        {
            // Removed from the chain: out of reach for good.
            LogOutOfReach(logger, delete.Provider);
            return true;
        }

        var operation = delete.MemoryId is null ? MemoryOperation.Erase : MemoryOperation.Delete;
        var attempt = await failover.TryAsync(
            operation,
            member,
            1,
            async (asked, token) => delete.MemoryId is { } id
                ? await asked.State.Provider!.DeleteAsync(user, id, token).ConfigureAwait(false)
                : await asked.State.Provider!.EraseAsync(user, token).ConfigureAwait(false) > 0,
            cancellationToken).ConfigureAwait(false);
        return attempt.Succeeded;
    }

    [LoggerMessage(1, LogLevel.Warning, "A delete at the memory provider {Provider} is given up: it is no longer in the chain")]
    private static partial void LogOutOfReach(ILogger logger, string provider);
}
