namespace Granary.Core.Storage.Paged;

/// <summary>The due list of a store whose partitions are never due: that of the due lists themselves.</summary>
public sealed class NoDueList : IDueList
{
    /// <summary>The only one.</summary>
    public static NoDueList Instance { get; } = new();

    private NoDueList()
    {
    }

    /// <inheritdoc/>
    /// <exception cref="NotSupportedException">Always.</exception>
    public ValueTask<string> AddAsync(int shard, string partition, DateTimeOffset dueAt, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException($"Partition '{partition}' is of a store without due times.");

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<DueEntry>> DueAsync(int shard, DateTimeOffset until, int max, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult<IReadOnlyList<DueEntry>>([]);

    /// <inheritdoc/>
    public ValueTask RemoveAsync(int shard, IReadOnlyList<string> keys, CancellationToken cancellationToken = default) => ValueTask.CompletedTask;
}
