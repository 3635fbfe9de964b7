namespace Granary.Core.Storage.Paged;

/// <summary>How the paged store trades the size of its head records for the number of its pages, and how much memory it may use.</summary>
public sealed class PagedStoreOptions
{
    /// <summary>
    /// How many of the newest log documents stay in the head at the least; at twice as many the older half moves to a page. 1 to 64.
    /// Default 16; 8 where the price of a write grows with its bytes (Cosmos DB).
    /// </summary>
    public int LogRun { get; set; } = 16;

    /// <summary>
    /// Memory in bytes for heads, so that a commit need not read before it writes: what they take on the heap, within a fifth. 0 or more; default 64 MiB.
    /// </summary>
    public long HeadCacheBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>Memory in bytes for pages, counted likewise. 0 or more; default 64 MiB.</summary>
    public long PageCacheBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>How many records of one partition a call writes, reads or removes at the same time, 1 to 64. Default 8.</summary>
    public int Parallelism { get; set; } = 8;

    /// <summary>The sizes that follow from the design; tests make them small.</summary>
    internal PagedLimits Limits { get; init; } = new();

    /// <summary>What is wrong with these options, or null: names the setting and the fix.</summary>
    public string? Problem() => this switch
    {
        { LogRun: < 1 or > 64 } => $"Granary:Paged:LogRun is {LogRun}: set it to 1 to 64.",
        { HeadCacheBytes: < 0 } => $"Granary:Paged:HeadCacheBytes is {HeadCacheBytes}: set it to 0 or more.",
        { PageCacheBytes: < 0 } => $"Granary:Paged:PageCacheBytes is {PageCacheBytes}: set it to 0 or more.",
        { Parallelism: < 1 or > 64 } => $"Granary:Paged:Parallelism is {Parallelism}: set it to 1 to 64.",
        _ => null,
    };
}
