namespace Granary.Core.Storage;

/// <summary>A partition that maintenance should look at.</summary>
/// <param name="Partition">Its id.</param>
/// <param name="DueAt">Since when.</param>
/// <param name="Erased">Whether it is a tombstone whose lifetime is over: call <see cref="IPartitionStore.PurgeAsync"/>.</param>
public readonly record struct DuePartition(string Partition, DateTimeOffset DueAt, bool Erased);
