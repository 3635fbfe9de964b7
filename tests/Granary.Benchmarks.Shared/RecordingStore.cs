using Granary.Core.Storage;

namespace Granary.Benchmarks.Shared;

/// <summary>Keeps what is committed, so that the reference can write the same rows.</summary>
internal sealed class RecordingStore(IPartitionStore inner) : IPartitionStore
{
    private readonly Lock gate = new();
    private List<PartitionCommit> commits = [];

    public List<PartitionCommit> Take()
    {
        lock (gate)
        {
            (var taken, commits) = (commits, []);
            return taken;
        }
    }

    public ValueTask<CommitResult> CommitAsync(PartitionCommit commit, CancellationToken cancellationToken = default)
    {
        lock (gate)
        {
            commits.Add(commit);
        }

        return inner.CommitAsync(commit, cancellationToken);
    }

    public ValueTask<PartitionPage> ReadAsync(string partition, DocumentRange range, CancellationToken cancellationToken = default) =>
        inner.ReadAsync(partition, range, cancellationToken);

    public ValueTask<PartitionPage> GetAsync(string partition, IReadOnlyList<string> ids, CancellationToken cancellationToken = default) =>
        inner.GetAsync(partition, ids, cancellationToken);

    public ValueTask<IReadOnlyList<DuePartition>> DueAsync(int shard, DateTimeOffset until, int max, CancellationToken cancellationToken = default) =>
        inner.DueAsync(shard, until, max, cancellationToken);

    public ValueTask<bool> DeleteAsync(string partition, PartitionVersion expected, CancellationToken cancellationToken = default) =>
        inner.DeleteAsync(partition, expected, cancellationToken);

    public ValueTask PurgeAsync(string partition, CancellationToken cancellationToken = default) => inner.PurgeAsync(partition, cancellationToken);

    public ValueTask<StoreHealth> ProbeAsync(CancellationToken cancellationToken = default) => inner.ProbeAsync(cancellationToken);
}
