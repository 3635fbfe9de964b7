namespace Granary.Storage.Postgres;

/// <summary>Where a test reaches into the store.</summary>
internal sealed class PostgresStoreHooks
{
    /// <summary>Awaited after a writer took the first write of a group and before it takes the others.</summary>
    public Func<Task>? BeforeGroup { get; set; }

    /// <summary>Awaited before a part of what an erasure left is deleted.</summary>
    public Func<Task>? BeforeSweep { get; set; }
}
