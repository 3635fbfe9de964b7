namespace Granary.Core.Maintenance;

/// <summary>
/// Looks after partitions of a kind that is not the engine's own, when they are due. Register any number as services; the hosts' maintenance
/// shards call them, in a cluster on the silo where the shard is.
/// </summary>
public interface IPartitionMaintenance
{
    /// <summary>The kind: what stands before the first slash of the partitions' ids. <c>session</c> and <c>user</c> are taken.</summary>
    string Kind { get; }

    /// <summary>
    /// Does what is due, or hands it on, and returns soon: other partitions wait meanwhile. A partition stays due until a commit says another time,
    /// so a failure comes again. The partition may have changed since it was found due, and two processes may be asked about it at the same time:
    /// its version decides.
    /// </summary>
    /// <param name="partition">The partition's id.</param>
    /// <param name="cancellationToken">Ends the work: after two minutes, or when the host stops.</param>
    Task MaintainAsync(string partition, CancellationToken cancellationToken);
}
