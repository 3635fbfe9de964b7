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

    private async Task<DeleteOutcome> CarryOutAsync(UserKey user, PendingDelete delete, CancellationToken cancellationToken)
    {
        if (registry.Members.FirstOrDefault(member => member.Name == delete.Provider) is not { } member)
        {
            if (!delete.Registered)
            {
                // Of the settings of another process, as while a new release takes the place of an old one.
                LogUnknown(logger, delete.Provider);
                return DeleteOutcome.Away;
            }

            LogOutOfReach(logger, delete.Provider);
            return DeleteOutcome.Done;
        }

        var operation = delete.MemoryId is null ? MemoryOperation.Erase : MemoryOperation.Delete;
        try
        {
            var attempt = await failover.TryAsync(
                operation,
                member,
                1,
                async (asked, token) => delete.MemoryId is { } id
                    ? await asked.State.Provider!.DeleteAsync(user, id, token).ConfigureAwait(false)
                    : await asked.State.Provider!.EraseAsync(user, token).ConfigureAwait(false) > 0,
                cancellationToken).ConfigureAwait(false);
            return attempt.Succeeded ? DeleteOutcome.Done : DeleteOutcome.Away;
        }
        catch (MemoryException refusal)
        {
            if (ChainMemoryProvider.IsNotThere(refusal))
            {
                return DeleteOutcome.Done;
            }

            LogRefused(logger, delete.Provider, refusal.Code);
            return DeleteOutcome.Refused;
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "A delete at the memory provider {Provider} is given up: it was removed from the chain")]
    private static partial void LogOutOfReach(ILogger logger, string provider);

    [LoggerMessage(2, LogLevel.Information, "Deletes at the memory provider {Provider} wait: this process does not know it")]
    private static partial void LogUnknown(ILogger logger, string provider);

    [LoggerMessage(3, LogLevel.Warning, "The memory provider {Provider} refused a delete ({Code}); it is tried again")]
    private static partial void LogRefused(ILogger logger, string provider, string code);
}
