using System.Diagnostics;
using System.Globalization;
using Granary.Conformance;
using Granary.Core.Storage;

namespace Granary.Storage.Sqlite.Tests;

public sealed class CrashTests : IDisposable
{
    private readonly TestFolder _folder = new();

    [Fact]
    public async Task A_killed_process_loses_nothing_it_had_acknowledged_and_gives_the_folder_free()
    {
        using var process = StartWriter();
        var acknowledged = new int[8];
        for (var lines = 0; lines < 3_000; lines++)
        {
            if (lines == 100)
            {
                Should.Throw<StoreInUseException>(() => new SqlitePartitionStore(new SqliteStoreOptions { Folder = _folder.Path }))
                    .Message.ShouldContain(_folder.Path);
            }

            Note(acknowledged, await process.StandardOutput.ReadLineAsync());
        }

        process.Kill();
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            Note(acknowledged, line);
        }

        await process.WaitForExitAsync();

        await using var store = new SqlitePartitionStore(new SqliteStoreOptions { Folder = _folder.Path });
        for (var w = 0; w < acknowledged.Length; w++)
        {
            var last = await AssertWholeAsync(store, $"session/acme/writer/{w}");
            last.ShouldBeGreaterThanOrEqualTo(acknowledged[w]);
        }
    }

    [Fact]
    public async Task A_log_that_ends_anywhere_opens_to_a_prefix_of_the_commits()
    {
        // What a power failure leaves of writes that were not synced yet: the log cut off, or its end overwritten with something else.
        var random = new Random(5);
        await using var store = new SqlitePartitionStore(new SqliteStoreOptions { Folder = _folder.Path, CheckpointPages = int.MaxValue });
        var lengths = new List<(long Log, int Commits)>();
        var version = PartitionVersion.None;
        for (var i = 1; i <= 60; i++)
        {
            version = await store.WriteAsync("p", version, StoreCalls.Put("h", $"{i}"), StoreCalls.Insert($"m:{i:D6}", new string('x', random.Next(9_000))));
            lengths.Add((new FileInfo(_folder.Log).Length, i));
        }

        for (var cut = 0; cut < 25; cut++)
        {
            using var copy = _folder.CopyAsAfterCrash();
            var length = random.NextInt64(0, new FileInfo(copy.Log).Length + 1);
            await using (var log = new FileStream(copy.Log, FileMode.Open))
            {
                if (cut % 2 == 0)
                {
                    log.SetLength(length);
                }
                else
                {
                    log.Position = length;
                    log.Write(new byte[log.Length - length]);
                }
            }

            await using var opened = new SqlitePartitionStore(new SqliteStoreOptions { Folder = copy.Path });
            var last = await AssertWholeAsync(opened, "p");
            last.ShouldBe(lengths.LastOrDefault(l => l.Log <= length).Commits);
        }
    }

    private static void Note(int[] acknowledged, string? line)
    {
        // A killed process may have been in the middle of its last line.
        if (line?.Split(' ') is [var writer, var number]
            && int.TryParse(number, CultureInfo.InvariantCulture, out var last) && int.TryParse(writer, CultureInfo.InvariantCulture, out var w))
        {
            acknowledged[w] = Math.Max(acknowledged[w], last);
        }
    }

    /// <summary>Each commit counts its number in one document and adds another: both must tell the same.</summary>
    private static async Task<int> AssertWholeAsync(SqlitePartitionStore store, string partition)
    {
        var documents = await store.ReadTextsAsync(partition);
        var last = documents.TryGetValue("h", out var text) ? int.Parse(text, CultureInfo.InvariantCulture) : 0;
        documents.Keys.Where(id => id != "h").ShouldBe(Enumerable.Range(1, last).Select(i => $"m:{i:D6}"));
        return last;
    }

    private Process StartWriter()
    {
        var start = new ProcessStartInfo("dotnet", ["exec", typeof(Program).Assembly.Location, _folder.Path]) { RedirectStandardOutput = true };
        start.Environment["DOTNET_TieredCompilation"] = "0";
        return Process.Start(start)!;
    }

    public void Dispose() => _folder.Dispose();
}
