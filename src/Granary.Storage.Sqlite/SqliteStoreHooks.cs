using Granary.Storage.Sqlite.Interop;

namespace Granary.Storage.Sqlite;

/// <summary>Where a test reaches into the writer, on its thread: to hold it, to fail it, to fill the disk.</summary>
internal sealed class SqliteStoreHooks
{
    /// <summary>Called with the writer's connection after it took the first write of a group and before the transaction begins.</summary>
    public Action<Database>? BeforeGroup { get; set; }

    /// <summary>Called when all writes of a group are applied and not yet committed, with the number of them.</summary>
    public Action<int>? BeforeCommit { get; set; }
}
