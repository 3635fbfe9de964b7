using Orleans;
using Orleans.Concurrency;

namespace Granary.Orleans.Grains;

/// <summary>
/// The due list of a maintenance shard over grain storage, which cannot be queried; its key is the shard. One grain writes each list, so that writers of
/// all silos share commits instead of refusing one another.
/// </summary>
[Alias("granary.due")]
internal interface IDueGrain : IGrainWithIntegerKey
{
    [Alias("add")]
    Task<string> AddAsync(string partition, DateTimeOffset dueAt);

    [Alias("due")]
    Task<DueItem[]> DueAsync(DateTimeOffset until, int max);

    [Alias("remove")]
    Task RemoveAsync(string[] keys);
}

/// <summary>An entry of a due list on its way between silos.</summary>
[GenerateSerializer]
[Immutable]
[Alias("granary.due-item")]
internal readonly record struct DueItem(
    [property: Id(0)] string Key,
    [property: Id(1)] string Partition,
    [property: Id(2)] DateTimeOffset DueAt,
    [property: Id(3)] DateTimeOffset AddedAt);
