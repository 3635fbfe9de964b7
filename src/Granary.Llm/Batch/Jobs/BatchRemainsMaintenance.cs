using Granary.Core.Maintenance;

namespace Granary.Llm.Batch.Jobs;

/// <summary>Hands what batches left with providers to this process's runner, when it is to be tried again.</summary>
internal sealed class BatchRemainsMaintenance(BatchRunner runner) : IPartitionMaintenance
{
    /// <summary>After all batches.</summary>
    private const int Priority = 9;

    /// <inheritdoc />
    public string Kind => BatchPartitions.RemainsKind;

    /// <inheritdoc />
    public Task MaintainAsync(string partition, CancellationToken cancellationToken)
    {
        runner.Offer(partition, Priority);
        return Task.CompletedTask;
    }
}
