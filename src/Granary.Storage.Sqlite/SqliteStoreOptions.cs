namespace Granary.Storage.Sqlite;

/// <summary>Where the SQLite store keeps its data and how it trades memory and latency for throughput.</summary>
public sealed class SqliteStoreOptions
{
    /// <summary>The folder of the database, made when missing; relative to the working folder. Default <c>./data</c>.</summary>
    public string Folder { get; set; } = "./data";

    /// <summary>How many commits one durable transaction takes at the most, 1 to 4,096. Default 256.</summary>
    public int MaxGroupCommits { get; set; } = 256;

    /// <summary>After how many bytes of ids and bodies a transaction takes no further commit, 1 or more. Default 8 MiB.</summary>
    public int MaxGroupBytes { get; set; } = 8 * 1024 * 1024;

    /// <summary>
    /// How long a transaction waits for the callers of the one before to come back with their next commits, so that they share a sync again.
    /// It never waits for more commits than that one had; a single caller never waits. Default 200 microseconds; zero never waits.
    /// </summary>
    public TimeSpan GatherTime { get; set; } = TimeSpan.FromMicroseconds(200);

    /// <summary>Connections that read at the same time, 1 to 64; further reads wait. Default 4.</summary>
    public int MaxReaders { get; set; } = 4;

    /// <summary>Memory of the writer's page cache in KiB, 1,024 or more. Default 65,536 (64 MiB).</summary>
    public int WriterCacheKiB { get; set; } = 65_536;

    /// <summary>
    /// After how many pages of 4 KiB the log is copied into the database, 100 or more. Default 4,000 (16 MiB): more saves copies of
    /// pages that change often, less makes the pause of the copy shorter.
    /// </summary>
    public int CheckpointPages { get; set; } = 4_000;

    /// <summary>
    /// Up to which size in bytes the database is written anew after erasures, when the store is idle or closed: only that removes the last traces
    /// of erased text from the unused parts of pages. It takes as much memory, about a second per 100 MB, and gives way to writers.
    /// In a larger database such traces (some hundred bytes of one erased partition in ten) stay until the page is filled again.
    /// 0: never. Default 64 MiB.
    /// </summary>
    public long CompactLimit { get; set; } = 64 * 1024 * 1024;

    /// <summary>What is wrong with these options, or null: names the setting and the fix.</summary>
    internal string? Problem() => this switch
    {
        { Folder: null or "" } => "Granary:Sqlite:Folder is empty: set it to the folder that shall hold the data.",
        { MaxGroupCommits: < 1 or > 4_096 } => $"Granary:Sqlite:MaxGroupCommits is {MaxGroupCommits}: set it to 1 to 4096.",
        { MaxGroupBytes: < 1 } => $"Granary:Sqlite:MaxGroupBytes is {MaxGroupBytes}: set it to 1 or more.",
        { MaxReaders: < 1 or > 64 } => $"Granary:Sqlite:MaxReaders is {MaxReaders}: set it to 1 to 64.",
        { WriterCacheKiB: < 1_024 } => $"Granary:Sqlite:WriterCacheKiB is {WriterCacheKiB}: set it to 1024 or more.",
        { CheckpointPages: < 100 } => $"Granary:Sqlite:CheckpointPages is {CheckpointPages}: set it to 100 or more.",
        { CompactLimit: < 0 } => $"Granary:Sqlite:CompactLimit is {CompactLimit}: set it to 0 or more.",
        _ when GatherTime < TimeSpan.Zero || GatherTime > TimeSpan.FromMilliseconds(100)
            => $"Granary:Sqlite:GatherTime is {GatherTime}: set it to 0 to 100 milliseconds.",
        _ => null,
    };
}
