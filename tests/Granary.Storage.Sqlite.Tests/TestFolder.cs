namespace Granary.Storage.Sqlite.Tests;

/// <summary>An empty folder that goes with the test.</summary>
internal sealed class TestFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("granary-test-").FullName;

    public string Database => System.IO.Path.Combine(Path, SqliteSchema.FileName);

    public string Log => Database + "-wal";

    /// <summary>The database and its log as a process that dies now would leave them, in a folder of their own.</summary>
    /// <remarks>True to a crash only while no checkpoint runs: the two files are copied one after the other.</remarks>
    public TestFolder CopyAsAfterCrash()
    {
        var copy = new TestFolder();
        foreach (var (from, to) in new[] { (Database, copy.Database), (Log, copy.Log) })
        {
            if (File.Exists(from))
            {
                using var source = new FileStream(from, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
                using var target = File.Create(to);
                source.CopyTo(target);
            }
        }

        return copy;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
