using System.Globalization;
using Granary.Conformance;
using Granary.Core.Storage;

namespace Granary.Storage.Sqlite.Tests;

/// <summary>
/// The process that <see cref="CrashTests"/> kills: appends to a few partitions as fast as it can and prints each append when it is acknowledged.
/// </summary>
internal static class Program
{
    private static async Task Main(string[] arguments)
    {
        var options = new SqliteStoreOptions { Folder = arguments[0], CheckpointPages = 100 };
        await using var store = new SqlitePartitionStore(options);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(w => Task.Run(async () =>
        {
            var version = PartitionVersion.None;
            for (var i = 1; ; i++)
            {
                version = await store.WriteAsync(
                    $"session/acme/writer/{w}", version, StoreCalls.Put("h", $"{i}"), StoreCalls.Insert($"m:{i:D6}", new string('x', 500)));
                await Console.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{w} {i}"));
            }
        })));
    }
}
